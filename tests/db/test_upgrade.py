"""Libraries of earlier versions, as they were stored, come up to date with all their data."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic.script import ScriptDirectory
from filling import SECOND, not_looked_at
from filmdex.db import embeddings, films, models, runs, search, upkeep
from filmdex.db.block_reading import all_films
from filmdex.db.query_parser import parse
from filmdex.db.records import (
    Boundary,
    Sample,
    Shot,
    ShotState,
    Span,
    Transition,
    TransitionKind,
)
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
        vectors = [vector for block in embeddings.of_run(db, run.run_id) for vector in block]
        assert embeddings.owners(db, run.run_id).tolist() == [0, 2]
    # Packed in eight bits since 0005: [0.5, -1.25, 3.0] within half a step.
    assert np.allclose(expanded(vectors), [[0.5, -1.25, 3.0]] * 2, atol=4.25 / 255 / 2 + 1e-6)
    assert list(upkeep.faults(old)) == []


@pytest.mark.parametrize(
    ("asked", "shots"),
    [
        ("animation", [("Film 1", 0), ("Film 2", 0)]),
        ("animation>=0.8", []),
        ("animation<0.8 title:1", [("Film 1", 0), ("Film 1", 2)]),
        ("title:1 -animation or title:2 animation", [("Film 1", 2), ("Film 2", 0)]),
    ],
)
def test_the_same_shots_are_found(old: Path, asked: str, shots: list[tuple[str, int]]) -> None:
    """As the versions that made them found them: rows of their `shot_tag`."""
    with Store.open(old) as store, store.reading() as db:
        query = parse(asked, search.vocabulary(db))
        found = [(hit.title, hit.ordinal) for hit in search.search_shots(db, query, limit=9).hits]
    assert sorted(found) == shots


def test_all_that_is_known_of_a_shot_is_there(old: Path) -> None:
    if len(old_shots := dumped_shots(old)) != 4:
        pytest.skip("this version's library has only plain shots")
    with Store.open(old) as store, store.reading() as db:
        assert list(runs.shots(db, 2)) == RICH
        assert list(runs.shots(db, 3)) == RICH[:3]  # of a run that is not finished
        assert embeddings.owners(db, 2).tolist() == [0, 0, 2]
        assert all_films(db)["run_id"].tolist() == [1, 2]
    assert old_shots == [shot.span.start_us for shot in RICH]


def dumped_shots(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT start_us FROM shot WHERE run_id = 2 ORDER BY ordinal")
        return [start_us for (start_us,) in found]


LOOKED_AT, BLANK, LOW = ShotState.LOOKED_AT, ShotState.BLANK, ShotState.LOW_INFORMATION
RICH = [
    Shot(
        Span(0, SECOND),
        Boundary(0, 0),
        LOOKED_AT,
        (Sample(100_000, LOOKED_AT), Sample(500_000, BLANK), Sample(900_001, LOOKED_AT)),
        (0.75, 0.0625, 0.0, 0.25),
    ),
    not_looked_at(SECOND, 2 * SECOND).shot,
    Shot(
        Span(2 * SECOND, 3 * SECOND),
        Boundary(2 * SECOND - 7, 2 * SECOND + 9),
        LOW,
        (Sample(2_500_000, LOW),),
        (0.0, 0.03125, 0.0, 0.875),
        Transition(TransitionKind.DISSOLVE, 2 * SECOND - 9, 2 * SECOND + 1),
    ),
    Shot(
        Span(3 * SECOND, 4 * SECOND),
        Boundary(3 * SECOND, 3 * SECOND),
        BLANK,
        (Sample(3_500_000, BLANK),),
        (0.0, 0.0, 0.0, 0.0),
    ),
]


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
