"""Connections to SQLite files, and its refusals in words.

A writing transaction begins with BEGIN IMMEDIATE, because a deferred one that turns into a writer
fails at once however long the timeout is (https://www.sqlite.org/lang_transaction.html).
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .errors import NO_LIBRARY, StoreError

BUSY_TIMEOUT_S = 60
SWITCH_PAUSE_S = 0.01
# Opening one takes longer than most of what is read; the page reads in forty threads at most.
KEPT_OPEN, MOST_OPEN = 10, 64
# What is read again and again of a large library: films' tags, and two or three tags of all shots.
CACHE_KIB = 32 * 1024


def engine(path: Path, *, make: bool) -> sa.Engine:
    """Prepare connections to a file. Raises StoreError where there can be none."""
    if not make and not path.exists():
        raise StoreError(f"{path}: {NO_LIBRARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot be made: {error.strerror}") from error
    made = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_S},
        pool_size=KEPT_OPEN,
        max_overflow=MOST_OPEN - KEPT_OPEN,
        # The one that was used last has what is read most in its cache; the others stay small.
        pool_use_lifo=True,
    )
    sa.event.listen(made, "connect", _prepare_connection)
    sa.event.listen(made, "begin", _begin)
    return made


def refused(name: str, error: sa.exc.DBAPIError) -> StoreError | None:
    """Put a refusal into words, with what to do; None if it is a mistake of ours.

    Codes are those of https://www.sqlite.org/rescode.html.
    """
    # Its other subclasses, such as IntegrityError, are mistakes of ours.
    if type(error) not in (sa.exc.DatabaseError, sa.exc.OperationalError):
        return None
    match getattr(error.orig, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            remedy = "is it a filmdex database? --database names another"
        case sqlite3.SQLITE_CORRUPT:
            remedy = "bring back a backup, or index again into another with --database"
        case _:
            remedy = "check free space, permissions and other writers, then run again"
    return StoreError(f"{name}: {error.orig}; {remedy}")


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver
    cursor = connection.cursor()
    _keep_write_ahead_log(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.close()


def _keep_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    # To switch, SQLite needs a new file to itself for a moment, and of all locks it does not wait
    # for this one: two processes that open it at once would turn each other away.
    ends_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends_s:
                raise
            time.sleep(SWITCH_PAUSE_S)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("filmdex_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
