"""Opening the database: engine, pragmas, transactions, schema version.

`Store` is all that the rest of the program knows of connections. On SQLite a writing transaction
begins with BEGIN IMMEDIATE, because a deferred one that turns into a writer fails at once however
long the timeout is (https://www.sqlite.org/lang_transaction.html).
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import Connection as Connection

from .errors import StoreError
from .tables import SCHEMA_VERSION

BUSY_TIMEOUT_S = 60
SWITCH_PAUSE_S = 0.01
# What is read again and again of a large library: films' tags, and two or three tags of all shots.
CACHE_KIB = 32 * 1024


@dataclass(frozen=True)
class Store:
    """An open database whose schema is the program's own."""

    engine: sa.Engine

    @classmethod
    def open(cls, path: Path, *, make: bool = True, keep: bool = True) -> Self:
        """Open the SQLite file at `path`; `make` it if need be, and bring it up to date.

        keep: whether a library with an older schema is copied before it is brought up to date.
        Raises StoreError if it is no database, is not writable, is newer than this program, or is
        not there and not to be made.
        """
        if not make and not path.exists():
            raise StoreError(f"{path}: there is no library; `filmdex index FOLDER` makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent}: cannot be made: {error.strerror}") from error
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            connect_args={"timeout": BUSY_TIMEOUT_S},
        )
        sa.event.listen(engine, "connect", _prepare_connection)
        sa.event.listen(engine, "begin", _begin)
        try:
            _upgrade(engine, str(path), keep=keep)
        except BaseException as error:
            engine.dispose()
            if isinstance(error, sa.exc.DatabaseError):
                raise _refused(str(path), error) from error
            raise
        return cls(engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database."""
        with self._sorted_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in one all-or-nothing transaction, alone among writers."""
        writer = self.engine.execution_options(filmdex_writes=True)
        with self._sorted_errors(), writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; SQLite then folds its write-ahead log into the file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _sorted_errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DatabaseError as error:
            # Its other subclasses, such as IntegrityError, are mistakes of ours.
            if type(error) in (sa.exc.DatabaseError, sa.exc.OperationalError):
                raise _refused(str(self.engine.url.database), error) from error
            raise


def _refused(name: str, error: sa.exc.DatabaseError) -> StoreError:
    """Put SQLite's refusal into words, with what to do (https://www.sqlite.org/rescode.html)."""
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


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("filmdex_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(engine: sa.Engine, name: str, *, keep: bool) -> None:
    with engine.connect() as connection:
        current = _schema_version(connection)
        if current is None and sa.inspect(connection).get_table_names():
            raise StoreError(
                f"{name}: holds the tables of another program; name another file with --database"
            )
    # Alembic is only loaded when there is something for it to do.
    if current != SCHEMA_VERSION:
        from .upgrade import upgrade

        upgrade(engine, current, name, keep=keep)


def _schema_version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()
