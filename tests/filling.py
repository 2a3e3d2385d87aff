"""Films, models and runs to fill a library with, and the library as its database itself sees it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import psycopg
import sqlalchemy as sa
from filmdex.db import films, models, runs
from filmdex.db.block_reading import BlockReader, all_films
from filmdex.db.records import (
    Boundary,
    FilmFacts,
    FilmIdentity,
    FilmTag,
    Location,
    ModelFacts,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
    TagFacts,
)
from filmdex.db.store import Connection, Store
from filmdex.db.tables import tag
from filmdex.db.vectors import compact

SECOND = 1_000_000
TAGS = (
    TagFacts(
        "Animation", "animation", "style", "measured", 0.5, recalls=((0.5, 0.625), (0.9, 0.25))
    ),
    # Its threshold lies under the floor: the rows of what is present are kept all the same.
    TagFacts("War", "war", "violence and action", "weak", 0.03125),
    TagFacts("Prison", "prison", "place", "untrained", None),
    TagFacts("Nudity", "nudity", "nudity", "expert", 0.75),
)
MODEL = ModelFacts("a" * 64, "plain", "1", TAGS)
SETTINGS = RunSettings.of(Precision.EXACT, cuts="adaptive", long_shot_seconds=10.0)
FACTS = FilmFacts(
    container="matroska",
    codec="h264",
    width=1920,
    height=1080,
    rotation=90,
    frame_rate=24000 / 1001,
    duration_us=4 * SECOND,
    container_offset_us=-21_333,
    frames=96,
    decode_errors=2,
    network_frames=24,
)
EMBEDDING = compact(np.array([[0.5, -1.25, 3.0]], np.float32))[0]


class Witness(Protocol):
    """A driver's own connection."""

    def execute(self, statement: str, values: Any = (), /) -> Any:
        """Ask, or change, at once."""
        ...

    def executemany(self, statement: str, values: Any, /) -> Any:
        """Change with each of these."""
        ...


@dataclass(frozen=True)
class _Server:
    """PostgreSQL's driver, asked in SQLite's words: a value stands where `?` does."""

    connection: psycopg.Connection

    def execute(self, statement: str, values: Any = ()) -> Any:
        return self.connection.execute(_marked(statement), tuple(values))

    def executemany(self, statement: str, values: Any) -> Any:
        return self.connection.cursor().executemany(_marked(statement), values)


def _marked(statement: str) -> Any:
    return statement.replace("%", "%%").replace("?", "%s")


@contextmanager
def plain(store: Store) -> Iterator[Witness]:
    """Open the library with nothing of ours between; it never waits, and commits at once."""
    url = store.engine.url
    if url.get_backend_name() == "postgresql":
        at = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(at, autocommit=True) as server:
            yield _Server(server)
        return
    with closing(sqlite3.connect(file_of(store), timeout=0, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


# What either database calls a row that it refuses.
REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)


def file_of(store: Store) -> Path:
    """Name the store's file."""
    return Path(store.engine.url.database or "")


def rows(store: Store, statement: str, *values: object) -> list[Any]:
    """Ask the database itself; values stand where `?` does."""
    with plain(store) as connection:
        return list(connection.execute(statement, values).fetchall())


def fingerprint(number: int) -> str:
    """Make up a film's fingerprint."""
    return f"{number:064x}"


def never_gone(_: bytes) -> bool:
    """Tell of every place that the film is still there."""
    return False


def add_film(db: Connection, number: int = 1, path: bytes = b"/films/Big_Buck.Bunny.mkv") -> int:
    """Record a film; return its id."""
    identity = FilmIdentity(fingerprint(number), 7)
    return films.record(db, identity, Location(path, 7, 11), 5, never_gone)


def looked_at(start_us: int, end_us: int, *probabilities: float) -> SeenShot:
    """Make a shot with one sample in its middle."""
    span = Span(start_us, end_us)
    samples = (Sample((start_us + end_us) // 2, ShotState.LOOKED_AT),)
    begins = Boundary(start_us, start_us)
    return SeenShot(Shot(span, begins, ShotState.LOOKED_AT, samples, probabilities), (EMBEDDING,))


def not_looked_at(start_us: int, end_us: int) -> SeenShot:
    """Make a shot that could not be decoded."""
    span = Span(start_us, end_us)
    return SeenShot(Shot(span, Boundary(start_us, start_us), ShotState.NOT_LOOKED_AT, (), None), ())


def film_tag(name: str, peak: float, relevance: float = 1.0) -> FilmTag:
    """Say something of one tag in a whole film."""
    return FilmTag(name, relevance, 2.5, 3.0, 0.75, peak, present=True)


def begin_run(db: Connection, film_id: int, now_us: int = 100) -> int:
    """Begin a run with everything that is the same in most tests."""
    model_id = models.register(db, MODEL)
    return runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0.1", FACTS, now_us)


def index(
    db: Connection,
    film_id: int,
    shots: Sequence[SeenShot] = (),
    tags: Sequence[FilmTag] = (),
    now_us: int = 200,
) -> int:
    """Give a film a complete run; return its id."""
    run_id = begin_run(db, film_id, now_us - 1)
    runs.append(db, run_id, 0, shots)
    runs.finish(db, run_id, FACTS, tags, now_us)
    return run_id


def kept_tags(store: Store) -> list[tuple[int, str, float]]:
    """Return what current runs keep for searching: shot, from 0, tag, and probability."""
    kept: list[tuple[int, str, float]] = []
    with store.reading() as db:
        every = all_films(db)
        reader = BlockReader.of(db, every, every)
        for tag_id, name in db.execute(sa.select(tag.c.id, tag.c.name)):
            _, ordinals, values = reader.tag(tag_id)
            of_tag = zip(ordinals.tolist(), values.tolist(), strict=True)
            kept += [(ordinal, name, probability) for ordinal, probability in of_tag]
    return sorted(kept)
