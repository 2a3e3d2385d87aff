"""One setting changes in the user's file, and nothing else."""

import tomllib
from pathlib import Path

import pytest
from filmdex.db.errors import ConfigError
from filmdex.indexer.config_file import write_setting
from filmdex.indexer.settings import example, load

OWN = """\
# my machine
[index]
jobs = 2     # two of them

[model]
# the old one
bundle = "old"   # since May
threads = 3
"""


def test_only_the_value_changes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(OWN)
    write_setting(path, "model", "bundle", "new:1")
    assert path.read_text() == OWN.replace('"old"', '"new:1"')


@pytest.mark.parametrize(
    "before", ["", "# nothing yet\n", "[model]\n# bundle = 'x'\n", "[index]\njobs = 2\n", example()]
)
def test_a_setting_is_added_where_it_belongs(tmp_path: Path, before: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before)
    write_setting(path, "model", "bundle", 'C:\\odd "name"')
    after = path.read_text()
    assert load(path).settings.model.bundle == 'C:\\odd "name"'
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    kept = tomllib.loads(before)
    assert {name: tomllib.loads(after)[name] for name in kept if name != "model"} == {
        name: values for name, values in kept.items() if name != "model"
    }


def test_a_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    write_setting(path, "model", "bundle", "x")
    assert tomllib.loads(path.read_text()) == {"model": {"bundle": "x"}}
    assert [p.name for p in path.parent.iterdir()] == ["config.toml"]


def test_ends_of_lines_links_and_rights_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_bytes(OWN.replace("\n", "\r\n").encode())
    real.chmod(0o600)
    (tmp_path / "config.toml").symlink_to(real)
    write_setting(tmp_path / "config.toml", "model", "bundle", "new")
    assert (tmp_path / "config.toml").is_symlink()
    assert real.read_bytes() == OWN.replace("\n", "\r\n").replace('"old"', '"new"').encode()
    assert real.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "reason"), [("[model\n", "config.toml"), ("model = 3\n", "is a section")]
)
def test_what_is_no_configuration_is_left_alone(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=reason):
        write_setting(path, "model", "bundle", "new")
    assert path.read_text() == text


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml: cannot be written"):
        write_setting(tmp_path / "config.toml", "model", "bundle", "new")
