"""Opening the database: engine, transactions, schema version.

`Store` is all that the rest of the program knows of connections. On SQLite (sqlite.py) there is one
writing transaction at a time. On PostgreSQL (postgres.py) it takes a lock that all writers share,
unless it says that it may write beside others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa
from sqlalchemy import Connection as Connection

from . import adopting, sqlite
from .address import Address, Server
from .errors import NO_LIBRARY, StoreError
from .roots import NONE, Roots
from .stored_paths import roots_of, set_roots
from .tables import SCHEMA_VERSION

POSTGRESQL = "postgresql"


@dataclass(frozen=True)
class Store:
    """An open database whose schema is the program's own."""

    engine: sa.Engine
    # The file or the server, as people and logs may see it.
    name: str

    @classmethod
    def open(
        cls, at: Address, *, make: bool = True, keep: bool = True, roots: Roots = NONE
    ) -> Self:
        """Open the library at `at`; `make` it if need be, and bring it up to date.

        keep: whether a file with an older schema is copied before it is brought up to date. roots:
        folders of this host that are known by name.

        Raises StoreError if it is no library, is not writable, is newer than this program, or is
        not there and not to be made.
        """
        engine = _server_engine(at) if isinstance(at, Server) else sqlite.engine(at, make=make)
        try:
            _upgrade(engine, str(at), make=make, keep=keep)
            set_roots(engine, roots)
            opened = cls(engine, str(at))
            opened._name_paths(roots)
        except BaseException as error:
            engine.dispose()
            if isinstance(error, sa.exc.DBAPIError):
                raise _sorted(engine, str(at), error) or error from error
            raise
        return opened

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database."""
        reader = self.engine
        if reader.dialect.name == POSTGRESQL:
            reader = reader.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with self._sorted_errors(), reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, beside: bool = False) -> Iterator[Connection]:
        """Give a connection in one all-or-nothing transaction, alone among writers.

        beside: on PostgreSQL it may go on beside others, since a claim or the rows that it locks
        keep it apart from them. SQLite has one writer at a time.
        """
        writer = self.engine.execution_options(filmdex_writes=True)
        with self._sorted_errors(), writer.begin() as connection:
            if not beside and writer.dialect.name == POSTGRESQL:
                from .postgres import write_alone

                write_alone(connection)
            yield connection

    @property
    def roots(self) -> Roots:
        """Return the folders of this host that are known by name."""
        return roots_of(self.engine.dialect)

    def size_bytes(self, connection: Connection) -> int:
        """Return how much room the library takes."""
        if self.engine.dialect.name == POSTGRESQL:
            size = "SELECT pg_database_size(current_database())"
        else:
            size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(connection.execute(sa.text(size)).scalar_one())

    def close(self) -> None:
        """Close all connections; SQLite then folds its write-ahead log into the file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _name_paths(self, roots: Roots) -> None:
        if not roots.folders:
            return
        with self.reading() as connection:
            found = adopting.unnamed(connection, roots)
        if found:
            with self.writing() as connection:
                adopting.adopt(connection, roots)

    @contextmanager
    def _sorted_errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise _sorted(self.engine, self.name, error) or error from error


def _server_engine(at: Server) -> sa.Engine:
    try:
        from .postgres import engine
    except ImportError as error:
        raise StoreError(f"{at}: {error}; pip install 'filmdex[postgres]'") from error
    return engine(at)


def _sorted(engine: sa.Engine, name: str, error: sa.exc.DBAPIError) -> StoreError | None:
    """Return what the operator is told; None if it is a mistake of ours."""
    if engine.dialect.name == POSTGRESQL:
        from .postgres import refused

        return refused(name, error)
    return sqlite.refused(name, error)


def _upgrade(engine: sa.Engine, name: str, *, make: bool, keep: bool) -> None:
    with engine.connect() as connection:
        current = schema_version(connection)
        if current is None:
            if sa.inspect(connection).get_table_names():
                raise StoreError(
                    f"{name}: holds the tables of another program; "
                    "name another library with --database"
                )
            if not make and engine.dialect.name == POSTGRESQL:
                raise StoreError(f"{name}: {NO_LIBRARY}")
    # Alembic is only loaded when there is something for it to do.
    if current != SCHEMA_VERSION:
        from .upgrade import upgrade

        upgrade(engine, current, name, keep=keep)


def schema_version(connection: Connection) -> str | None:
    """Return the schema's version; None where there is no library."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()
