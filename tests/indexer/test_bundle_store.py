"""Bundles answer to names, versions and paths, always to the same, and are installed whole."""

import json
import shutil
from pathlib import Path

import pytest
from bundles import write_bundle
from filmdex.db.errors import ModelError
from filmdex.indexer import bundle
from filmdex.indexer.bundle import load, locate
from filmdex.indexer.bundle_store import (
    Listed,
    Origin,
    Unreadable,
    install,
    listed,
    name_of,
    receiving,
)


def installed(tmp_path: Path, *versions: str) -> None:
    for version in versions:
        install(load(write_bundle(tmp_path / "made" / version, version)))


def test_a_name_is_its_newest_version(tmp_path: Path) -> None:
    installed(tmp_path, "9", "10", "1.2", "2.rc1")
    store = bundle.installed_folder()
    assert store.is_relative_to(tmp_path)
    assert locate("colours") == store / "colours" / "10"
    assert locate("colours:1.2") == store / "colours" / "1.2"
    assert locate("colours:2.rc1").is_dir()


def test_the_newest_is_by_number_in_every_place(tmp_path: Path) -> None:
    installed(tmp_path, "1.10", "1.9", "1.2")
    assert [path.name for path in bundle.versions_of("colours")] == ["1.2", "1.9", "1.10"]


def test_a_name_goes_before_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, "1")
    monkeypatch.chdir(tmp_path)
    write_bundle(tmp_path / "colours")
    assert locate("colours") == bundle.installed_folder() / "colours" / "1"
    assert locate("./colours") == Path("colours")


def test_a_training_run_stands_for_its_bundle(tmp_path: Path) -> None:
    write_bundle(tmp_path / "run" / "bundle")
    (tmp_path / "run" / "settings.json").write_text("{}")
    assert locate(str(tmp_path / "run")) == tmp_path / "run" / "bundle"
    assert locate(str(tmp_path / "run" / "bundle")) == tmp_path / "run" / "bundle"


@pytest.mark.parametrize("name", ["colours", "colours:3", "./colours", "/nowhere/at/all"])
def test_what_is_not_there_is_said_with_a_remedy(tmp_path: Path, name: str) -> None:
    installed(tmp_path, "1") if name == "colours:3" else None
    with pytest.raises(ModelError, match="filmdex model list"):
        locate(name)


def test_what_ships_keeps_its_name() -> None:
    folder = bundle.installed_folder() / "default" / "99"
    write_bundle(folder, "99")
    assert locate("default").is_relative_to(bundle.SHIPPED)


def test_a_bundle_called_as_the_one_that_ships_is_not_installed(tmp_path: Path) -> None:
    made = write_bundle(tmp_path / "made")
    card = json.loads((made / "model.json").read_text()) | {"name": "default"}
    (made / "model.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="needs a name of its own"):
        install(load(made))


def test_installing_twice_is_installing_once(tmp_path: Path) -> None:
    made = load(write_bundle(tmp_path / "made"))
    first, again = install(made), install(made)
    assert first == again
    assert first.digest == made.digest
    assert sorted(p.name for p in first.path.iterdir()) == sorted(
        p.name for p in made.path.iterdir()
    )


def test_another_of_the_same_name_and_version_is_refused(tmp_path: Path) -> None:
    installed(tmp_path, "1")
    made = write_bundle(tmp_path / "other")
    card = json.loads((made / "model.json").read_text()) | {"description": "another"}
    (made / "model.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="another model of the same name and version"):
        install(load(made))


def test_only_what_the_card_names_is_installed(tmp_path: Path) -> None:
    made = write_bundle(tmp_path / "made")
    (made / "stowaway").write_text("x")
    assert not (install(load(made)).path / "stowaway").exists()


def test_the_list_says_where_each_is_from_and_which_is_used(tmp_path: Path) -> None:
    installed(tmp_path, "1", "2")
    seen = {(one.bundle.card.name, one.bundle.card.version): one for one in listed("colours")}
    assert seen["default", "1"].origin is Origin.SHIPPED
    assert seen["colours", "1"].origin is Origin.INSTALLED
    assert [key for key, one in seen.items() if one.in_use] == [("colours", "2")]


def test_the_list_has_what_is_used_by_its_path_too(tmp_path: Path) -> None:
    made = write_bundle(tmp_path / "made")
    used = [one for one in listed(str(made)) if isinstance(one, Listed) and one.in_use]
    assert [(one.origin, one.bundle.path) for one in used] == [(Origin.FOLDER, made)]


def test_what_cannot_be_read_is_listed_as_that(tmp_path: Path) -> None:
    installed(tmp_path, "1")
    (bundle.installed_folder() / "colours" / "1" / "model.json").write_text("{}")
    kinds = [type(one) for one in listed("gone")]
    assert kinds == [Listed, Unreadable]


def test_the_name_for_the_configuration_finds_the_same_again(tmp_path: Path) -> None:
    installed(tmp_path, "1", "2")
    write_bundle(tmp_path / "run" / "bundle")
    for name in ("default", "colours", "colours:1", str(tmp_path / "run")):
        chosen = load(locate(name))
        assert locate(name_of(chosen)).resolve() == chosen.path.resolve()
    assert name_of(load(locate("colours"))) == "colours:2"
    assert name_of(load(locate("default"))) == "default"


def test_what_is_received_is_on_the_same_disk_and_goes(tmp_path: Path) -> None:
    with receiving() as folder:
        shutil.copytree(write_bundle(tmp_path / "made"), folder, dirs_exist_ok=True)
        assert folder.is_relative_to(bundle.installed_folder())
        assert [type(one) for one in listed("default")] == [Listed]
    assert list(bundle.installed_folder().iterdir()) == []
