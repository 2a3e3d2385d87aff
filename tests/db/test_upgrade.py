"""Libraries of earlier versions, as they were stored, come up to date with all their data."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic.script import ScriptDirectory
from filmdex.db import films, models, runs, upkeep
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION
from filmdex.db.upgrade import alembic_config
from filmdex.db.vectors import expanded

# Dumps of libraries, named by their schema.
LIBRARIES = sorted((Path(__file__).parent / "libraries").glob("*.sql"))


@pytest.fixture(params=LIBRARIES, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A library file as that version left it."""
    path = tmp_path / "library.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    return path


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_there_is_a_library_of_the_first_version() -> None:
    scripts = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    assert scripts[-1].revision == LIBRARIES[0].stem
    assert scripts[0].revision == SCHEMA_VERSION


def test_films_runs_and_shots_are_all_there(old: Path) -> None:
    with Store.open(old) as store, store.reading() as db:
        listed = films.listed(db)
        assert [film.title for film in listed] == ["Film 1", "Film 2", "not yet"]
        run = runs.current(db, 1)
        assert run is not None
        shots = list(runs.shots(db, run.run_id))
        assert [shot.state for shot in shots] == ["looked_at", "not_looked_at", "looked_at"]
        assert shots[0].probabilities == (0.75, 0.0625, 0.0, 0.25)
        assert [tag.tag for tag in runs.film_tags(db, run.run_id)] == ["Animation"]
        assert [tag.tag for tag in models.read(db, 1).tags][:2] == ["Animation", "War"]
        vectors = db.exec_driver_sql("SELECT vector FROM embedding").scalars().all()
    assert len(vectors) == 4
    # Packed in eight bits since 0005: [0.5, -1.25, 3.0] within half a step.
    assert np.allclose(expanded(vectors), [[0.5, -1.25, 3.0]] * 4, atol=4.25 / 255 / 2 + 1e-6)
    assert list(upkeep.faults(old)) == []


@pytest.mark.parametrize("keep", [True, False])
def test_it_is_copied_before_it_is_upgraded(old: Path, keep: bool) -> None:
    before, version = dump(old), upkeep.schema_of(old)
    Store.open(old, keep=keep).close()
    assert upkeep.schema_of(old) == SCHEMA_VERSION
    copies = list(old.parent.glob("library.db.schema-*"))
    assert [copy.name for copy in copies] == ([f"library.db.schema-{version}"] if keep else [])
    assert [dump(copy) for copy in copies] == ([before] if keep else [])


def test_a_copy_of_that_name_is_left_alone(old: Path) -> None:
    (old.parent / f"library.db.schema-{upkeep.schema_of(old)}").write_text("an earlier one")
    Store.open(old).close()
    assert {copy.suffix for copy in old.parent.glob("library.db.schema-*")} >= {".2"}
