"""Opening the database: engine, pragmas, transactions, schema version.

`Store` is all that the rest of the program knows of connections. On SQLite a writing transaction
begins with BEGIN IMMEDIATE, because a deferred one that turns into a writer fails at once however
long the timeout is (https://www.sqlite.org/lang_transaction.html).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from .errors import StoreError

BUSY_TIMEOUT_S = 60


@dataclass(frozen=True)
class Store:
    """An open database whose schema is the program's own."""

    engine: sa.Engine

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the SQLite file at `path`; make it, or bring it up to date, if need be.

        Raises StoreError if it is no database, is not writable, or is newer than this program.
        """
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
            _upgrade(engine, str(path))
        except sa.exc.DatabaseError as error:
            engine.dispose()
            raise StoreError(f"{path}: {error.orig}; is it a filmdex database?") from error
        return cls(engine)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one moment of the database."""
        with self._sorted_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
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
        except sa.exc.OperationalError as error:
            raise StoreError(
                f"{self.engine.url.database}: {error.orig}; "
                "check free space, permissions and other writers, then run again"
            ) from error


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("filmdex_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def alembic_config() -> Config:
    """Point Alembic at the migrations inside the package."""
    config = Config()
    config.set_main_option("script_location", f"{__package__}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(engine: sa.Engine, name: str) -> None:
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    try:
        scripts.get_revision(current or "base")
    except CommandError as error:
        raise StoreError(
            f"{name}: schema {current} is newer than this program; upgrade filmdex, "
            "or name another database with --database"
        ) from error
    with engine.connect().execution_options(filmdex_writes=True) as connection:
        # Batch migrations rebuild tables, which must not cascade. The pragma is void inside a
        # transaction, so it goes past SQLAlchemy, which would begin one.
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                # Alembic looks again: another process may have upgraded while this one waited.
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                    raise StoreError(f"{name}: the upgrade left {len(broken)} broken references")
        finally:
            raw.execute("PRAGMA foreign_keys = ON")
