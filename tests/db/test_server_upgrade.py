"""A library that an earlier version left on PostgreSQL comes up to date with all its data.

The dumps are pg_dump's (`--no-owner --no-privileges --inserts`) without its comments, named by
their schema. They hold the libraries of the same schema in SQLite (test_upgrade.py), copied.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from filling import rows
from filmdex.db import embeddings, runs, search, shelving
from filmdex.db.address import Server
from filmdex.db.query_parser import parse
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION
from postgres_server import Cluster

LIBRARIES = sorted((Path(__file__).parent / "libraries" / "postgresql").glob("*.sql"))
COLUMNS = (
    "SELECT table_name, column_name, data_type, character_maximum_length, collation_name, "
    "is_nullable, column_default, is_identity FROM information_schema.columns "
    "WHERE table_schema = 'public'"
)
CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace"
)
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
NOISE = re.compile(r"::(character varying|text)(\[\])?|[()]")
TRIGGERS = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"


@pytest.fixture
def dialect() -> str:
    """What keeps the library."""
    return "postgresql"


@pytest.fixture(params=LIBRARIES, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Server]:
    """A database as that version left it."""
    made = cluster.empty()
    with psycopg.connect(made.url) as connection:
        connection.execute(request.param.read_bytes())
    yield made
    cluster.drop(made)


def shape(store: Store) -> dict[str, set[Any]]:
    """Read what the server itself says of a library's tables."""
    asked = (COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS)
    return {statement: {_plainly(*row) for row in rows(store, statement)} for statement in asked}


def _plainly(*row: Any) -> tuple[Any, ...]:
    """A condition that was read from a dump is printed with other brackets and casts."""
    return tuple(NOISE.sub("", one) if isinstance(one, str) else one for one in row)


def test_its_tables_become_those_of_a_new_library(old: Server, store: Store) -> None:
    with Store.open(old) as upgraded:
        assert rows(upgraded, "SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]
        assert shape(upgraded) == shape(store)


def test_its_films_runs_and_shots_are_all_there(old: Server) -> None:
    with Store.open(old) as store, store.reading() as db:
        run = runs.current(db, 1)
        assert run is not None
        shots = list(runs.shots(db, run.run_id))
        assert [shot.state for shot in shots] == ["looked_at", "not_looked_at", "looked_at"]
        assert shots[0].probabilities == (0.75, 0.0625, 0.0, 0.25)
        assert embeddings.owners(db, run.run_id).tolist() == [0, 2]
        assert list(shelving.faults(db)) == []


@pytest.mark.parametrize(
    ("asked", "shots"),
    [
        ("animation", [("Film 1", 0), ("Film 2", 0)]),
        ("animation>=0.8", []),
        ("animation<0.8 title:1", [("Film 1", 0), ("Film 1", 2)]),
        ("title:1 -animation or title:2 animation", [("Film 1", 2), ("Film 2", 0)]),
    ],
)
def test_the_same_shots_are_found(old: Server, asked: str, shots: list[tuple[str, int]]) -> None:
    """As the version that stored it found them, and as test_upgrade.py has it of files."""
    with Store.open(old) as store, store.reading() as db:
        query = parse(asked, search.vocabulary(db))
        found = [(hit.title, hit.ordinal) for hit in search.search_shots(db, query, limit=9).hits]
    assert sorted(found) == shots
