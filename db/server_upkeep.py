"""Whether a library on PostgreSQL is sound, and giving back what it no longer needs.

Copies are made by pg_dump: see docs/postgres.md.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from . import shelving
from .address import Server
from .postgres import engine, refused
from .store import Store, schema_version
from .upkeep import DROP_SUPERSEDED, PROMISES, Compacted


def faults(at: Server) -> Iterator[str]:
    """Say all that is wrong with what filmdex promises of films and shots, a line each.

    References are PostgreSQL's own affair, and its files are looked at by pg_amcheck. Raises
    StoreError if there is no library.
    """
    with Store.open(at, make=False) as store, store.reading() as db:
        for what, statement in PROMISES.items():
            for row in db.execute(sa.text(statement)):
                yield what.format(*row)
        yield from shelving.faults(db)


def compact(at: Server) -> Compacted:
    """Drop what runs that were replaced have left, free what they took, and renew statistics.

    PostgreSQL uses that room again by itself, and seldom gives it back to the disk.
    """
    with Store.open(at, make=False) as store:
        with store.writing() as db:
            before = store.size_bytes(db)
            dropped = db.execute(sa.text(DROP_SUPERSEDED)).rowcount
        outside = store.engine.execution_options(isolation_level="AUTOCOMMIT")
        with outside.connect() as db:
            db.execute(sa.text("VACUUM (ANALYZE)"))
        with store.reading() as db:
            return Compacted(before, store.size_bytes(db), dropped)


def schema_of(at: Server) -> str | None:
    """Return the schema's version, None if there is no library. Raises StoreError."""
    made = engine(at)
    try:
        with made.connect() as db:
            return schema_version(db)
    except sa.exc.DBAPIError as error:
        raise refused(str(at), error) or error from error
    finally:
        made.dispose()
