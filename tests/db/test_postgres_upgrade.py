"""Libraries of earlier versions on PostgreSQL come up to date with all their data."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from filling import add_film, rows
from filmdex.db import runs, search, shelving
from filmdex.db.address import Server
from filmdex.db.query_parser import parse
from filmdex.db.records import ShotState
from filmdex.db.server_upkeep import faults
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION, metadata
from postgres_server import Cluster

# What `pg_dump --inserts` gave, named by the schema.
LIBRARIES = sorted((Path(__file__).parent / "libraries" / "postgresql").glob("*.sql"))


@pytest.fixture(params=LIBRARIES, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Server]:
    """A library as that version left it."""
    made = cluster.restored(request.param.read_text(encoding="utf-8"))
    yield made
    cluster.drop(made)


def test_there_is_a_library_of_the_first_version_that_was_kept_there() -> None:
    assert LIBRARIES[0].stem == "0011"


def test_its_tables_become_those_declared(old: Server) -> None:
    with Store.open(old) as store, store.reading() as db:
        found = compare_metadata(MigrationContext.configure(db), metadata)
        assert [one[1].name for one in found] == ["ix_film_title_words"]
        assert rows(store, "SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]
    assert list(faults(old)) == []


def test_its_shots_are_all_there(old: Server) -> None:
    with Store.open(old) as store, store.reading() as db:
        states = [shot.state for shot in runs.shots(db, 2)]
        assert states == [
            ShotState.LOOKED_AT,
            ShotState.NOT_LOOKED_AT,
            ShotState.LOW_INFORMATION,
            ShotState.BLANK,
        ]


@pytest.mark.parametrize(
    ("asked", "shots"),
    [
        ("animation", [("Film 1", 0), ("Film 2", 0)]),
        ("title:1 -animation or title:2 animation", [("Film 1", 2), ("Film 2", 0)]),
    ],
)
def test_the_same_shots_are_found(old: Server, asked: str, shots: list[tuple[str, int]]) -> None:
    with Store.open(old) as store, store.reading() as db:
        query = parse(asked, search.vocabulary(db))
        found = [(hit.title, hit.ordinal) for hit in search.search_shots(db, query, limit=9).hits]
    assert sorted(found) == shots


def test_more_films_come_in(old: Server) -> None:
    with Store.open(old) as store:
        with store.writing() as db:
            new = add_film(db, 77)
            shelving.shelve(db, new)
        assert rows(store, "SELECT count(*) FROM film WHERE id = ?", new) == [(1,)]
