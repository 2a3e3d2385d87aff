"""Where settings come from, and what is refused."""

import tomllib
from pathlib import Path

import pytest
from filmdex.db.errors import ConfigError
from filmdex.indexer.settings import Settings, example, load


def origins(config: Path | None = None, **flags: object) -> dict[str, tuple[object, str]]:
    named = {name.replace("_", ".", 1): value for name, value in flags.items()}
    return {one.key: (one.value, one.origin) for one in load(config, named).listed()}


def test_everything_has_a_default() -> None:
    assert {origin for _, origin in origins().values()} == {"default"}


def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "filmdex.toml"
    config.write_text('[index]\njobs = 2\ncuts = "content"\n[model]\nthreads = 3\n')
    monkeypatch.setenv("FILMDEX_INDEX__JOBS", "4")
    monkeypatch.setenv("FILMDEX_INDEX__CUTS", "adaptive")
    found = origins(config, index_jobs=5, model_bundle=None)
    assert found["model.threads"] == (3, str(config))
    assert found["index.cuts"] == ("adaptive", "FILMDEX_INDEX__CUTS")
    assert found["index.jobs"] == (5, "flag")
    assert found["model.bundle"] == ("default", "default")


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "other.toml"
    config.write_text("[index]\njobs = 7\n")
    monkeypatch.setenv("FILMDEX_CONFIG", str(config))
    assert origins()["index.jobs"] == (7, str(config))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[index]\njob = 2\n", "index.job, set by .*: there is no such setting"),
        ("[idnex]\njobs = 2\n", "idnex.*there is no such setting"),
        ("[index]\njobs = -1\n", "index.jobs, set by .*greater than or equal to 0"),
        ('[model]\nprovider = "cdua"\n', "model.provider.*'cuda'"),
        ("index = 3\n", "index is a section, not a value"),
        ("[index\n", "filmdex.toml"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, reason: str) -> None:
    config = tmp_path / "filmdex.toml"
    config.write_text(text)
    with pytest.raises(ConfigError, match=reason):
        load(config)


@pytest.mark.parametrize("name", ["FILMDEX_IDNEX__JOBS", "FILMDEX_INDEX__JOB"])
def test_a_mistake_in_the_environment_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError, match=f"(?i){name.removeprefix('FILMDEX_').split('__')[0]}"):
        load()


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file"):
        load(tmp_path / "gone.toml")


def test_the_example_is_the_defaults_commented_out() -> None:
    lines = example().splitlines()
    values = [
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line
        for line in lines
        if line.startswith("[") or " = " in line
    ]
    read = tomllib.loads("\n".join(values))
    assert read == Settings().model_dump(mode="json")
