"""A folder that is there whole, or not at all."""

from contextlib import suppress
from pathlib import Path

import pytest
from filmdex.db.errors import ModelError
from filmdex.indexer.beside import beside


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_appears_when_it_is_whole(tmp_path: Path) -> None:
    with beside(tmp_path / "it") as folder:
        (folder / "part").write_text("one")
        assert not (tmp_path / "it").exists()
    assert (tmp_path / "it/part").read_text() == "one"
    assert names(tmp_path) == {"it"}


def test_what_is_there_is_not_written_over_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "it").mkdir()
    with pytest.raises(ModelError, match="exists already"), beside(tmp_path / "it"):
        pass
    (tmp_path / "it/old").touch()
    with beside(tmp_path / "it", replacing=True) as folder:
        (folder / "new").touch()
        assert names(tmp_path / "it") == {"old"}
    assert names(tmp_path / "it") == {"new"}
    assert names(tmp_path) == {"it"}


@pytest.mark.parametrize("replacing", [False, True])
def test_a_failure_leaves_what_was(tmp_path: Path, replacing: bool) -> None:
    if replacing:
        (tmp_path / "it").mkdir()
    before = names(tmp_path)
    with suppress(RuntimeError), beside(tmp_path / "it", replacing=replacing) as folder:
        (folder / "half").touch()
        raise RuntimeError
    assert names(tmp_path) == before
