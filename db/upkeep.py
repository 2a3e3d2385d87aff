"""Copies of a library, and whether it is sound: backup, restore, check, compact.

All of it works while films are indexed and searched. A copy is made by SQLite's own online backup
(https://www.sqlite.org/backup.html) within one read transaction, so that it shows one moment
however long it takes.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import shelving, sqlite
from .durable import flush
from .errors import DamagedError, StoreError

BUSY_TIMEOUT_S = 60
PAGES_AT_ONCE = 4096

# Is told how many pages have been copied, and of how many.
Copied = Callable[[int, int], None]


def backup(source: Path, target: Path, tell: Copied = lambda _done, _of: None) -> None:
    """Copy the library at `source` to the new file `target`; it is there whole, or not at all.

    Raises StoreError if `source` is no sound library, if `target` is there already, or if it cannot
    be written.
    """
    if target.exists():
        raise StoreError(f"{target} is there already; name another file, or remove it")
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with _opened(source) as here, closing(sqlite3.connect(partial)) as there:
            here.execute("BEGIN")
            # A transaction sees the moment of its first read, not of its BEGIN.
            here.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            here.backup(
                there,
                pages=PAGES_AT_ONCE,
                progress=lambda _status, left, of: tell(of - left, of),
                sleep=0,
            )
            # One file without a log beside it, for wherever it is going to be kept.
            there.execute("PRAGMA journal_mode = DELETE")
            _require_sound(there, source)
        flush(partial)
        partial.rename(target)
        flush(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{target}: the copy was not made: {_reason(error)}") from error
    finally:
        partial.unlink(missing_ok=True)


def restore(source: Path, target: Path, tell: Copied = lambda _done, _of: None) -> Path | None:
    """Put the copy `source` in the place of the library at `target`, in one transaction.

    Processes that have the library open go on with what was restored. What was there before is kept
    beside it; its path is returned, None if there was nothing. Raises StoreError.
    """
    with _opened(source) as here:
        _require_sound(here, source)
    kept = None
    if target.exists():
        kept = target.with_name(f"{target.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        backup(target, kept)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(source) as here, closing(sqlite3.connect(target, BUSY_TIMEOUT_S)) as there:
            here.backup(
                there,
                pages=PAGES_AT_ONCE,
                progress=lambda _status, left, of: tell(of - left, of),
                sleep=0.05,
            )
    except sqlite3.Error as error:
        raise StoreError(f"{target}: not restored, and unchanged: {_reason(error)}") from error
    return kept


@dataclass(frozen=True, slots=True)
class Compacted:
    """What compacting did: sizes of the file in bytes, and rows that nothing referred to."""

    before: int
    after: int
    rows: int


def compact(path: Path) -> Compacted:
    """Drop what runs that were replaced have left, give unused pages back, and renew statistics.

    Needs as much free space as the library takes, for the time being. Raises StoreError.
    """
    try:
        with _opened(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = path.stat().st_size
            dropped = connection.execute(DROP_SUPERSEDED).rowcount
            connection.execute("VACUUM")
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: not compacted, and unchanged: {_reason(error)}") from error
    return Compacted(before, path.stat().st_size, dropped)


DROP_SUPERSEDED = """
    DELETE FROM film_tag WHERE run_id IN (
        SELECT index_run.id FROM index_run JOIN film ON film.id = index_run.film_id
        WHERE index_run.state = 'complete' AND film.current_run_id IS DISTINCT FROM index_run.id)
"""


def faults(path: Path) -> Iterator[str]:
    """Say all that is wrong with a library, a line each; nothing if it is sound.

    First what SQLite finds in its own file; if that is whole, references, and what filmdex promises
    of films and shots. Raises StoreError if `path` is no library.
    """
    torn = _torn(path)
    yield from (f"file: {line}" for line in torn)
    if torn:
        return
    with _opened(path) as connection:
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            yield f"{table} row {row}: refers to a row of {parent} that is not there"
        for what, statement in PROMISES.items():
            for row in connection.execute(statement):
                yield what.format(*row)
    engine = sqlite.engine(path, make=False)
    try:
        with engine.begin() as reading:
            yield from shelving.faults(reading)
    finally:
        engine.dispose()


def _torn(path: Path) -> list[str]:
    try:
        with _opened(path) as connection:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check")]
    except (sqlite3.DatabaseError, DamagedError) as error:  # some damage ends the search for more
        return [str(error)]
    return [line for line in found if line != "ok"]


# What holds of every film whose run is complete, as a question for the films of which it does not;
# in words that SQLite and PostgreSQL both know.
PROMISES = {
    "film {0} ({1}): its current run is not complete": """
        SELECT film.id, film.title FROM film JOIN index_run ON index_run.id = film.current_run_id
        WHERE index_run.state != 'complete' OR index_run.film_id != film.id""",
    "film {0} ({1}): {2} shots, {3} were stored": """
        SELECT * FROM (
            SELECT film.id, film.title,
                (SELECT count(*) FROM shot WHERE shot.run_id = index_run.id) AS found,
                index_run.shots AS stored
            FROM film JOIN index_run ON index_run.id = film.current_run_id) AS counted
        WHERE found != stored""",
    "film {0} ({1}): shot {2} does not begin where the one before ends": """
        SELECT film.id, film.title, shot.ordinal + 1
        FROM film JOIN shot ON shot.run_id = film.current_run_id
        LEFT JOIN shot AS before
            ON before.run_id = shot.run_id AND before.ordinal = shot.ordinal - 1
        WHERE shot.start_us != coalesce(before.end_us, 0)""",
    "film {0} ({1}): shot {2} has {3} probabilities, its model {4} tags": """
        SELECT * FROM (
            SELECT film.id, film.title, shot.ordinal + 1, length(shot.probabilities) / 2 AS found,
                (SELECT count(*) FROM model_tag WHERE model_tag.model_id = index_run.model_id)
                    AS tags
            FROM film JOIN index_run ON index_run.id = film.current_run_id
            JOIN shot ON shot.run_id = index_run.id) AS counted
        WHERE found != tags""",
    "film {0} ({1}): shot {2} has embeddings, and is not there": """
        SELECT film.id, film.title, embedding_block.first + 1
        FROM film JOIN index_run ON index_run.id = film.current_run_id
        JOIN embedding_block ON embedding_block.run_id = index_run.id
        WHERE embedding_block.first >= index_run.shots OR length(owners) = 0
            OR length(vectors) % (length(owners) / 4) != 0""",
}


def schema_of(path: Path) -> str | None:
    """Return the schema's version of the library at `path`. Raises StoreError if it is none."""
    with _opened(path) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise StoreError(f"{path}: there is no library")
    with closing(sqlite3.connect(path, BUSY_TIMEOUT_S, isolation_level=None)) as connection:
        try:
            known = connection.execute(
                "SELECT count(*) FROM sqlite_schema WHERE name IN ('alembic_version', 'index_run')"
            ).fetchone()
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
                raise DamagedError(f"{path}: damaged ({error})") from error
            raise StoreError(f"{path}: {_reason(error)}") from error
        if known != (2,):
            raise StoreError(f"{path}: no library of filmdex")
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def _require_sound(connection: sqlite3.Connection, source: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != ("ok",):
        raise DamagedError(f"{source}: damaged ({found[0]}); `filmdex db check` says more")


def _reason(error: sqlite3.Error | OSError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
