"""One library copied into another, whatever keeps either, and compared with it row for row.

The new one shows one moment of the old one. Nothing is translated: paths are copied as stored.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from . import bulk
from .errors import StoreError
from .store import Store
from .tables import film, metadata

# Rows are read and written so many at a time: some of them hold a stretch's embeddings.
ROWS_AT_ONCE = 2048

# Is told a table, how many of its rows are done, and of how many.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows a table has, and SHA-256 over all of them in the order of their keys."""

    rows: int
    sha256: str


def copy(source: Store, target: Store, tell: Tell) -> Mapping[str, Digest]:
    """Copy every row in one transaction; return each table's digest, the same on both sides.

    Raises StoreError if the target holds anything, or if a row did not arrive as it was.
    """
    with source.reading() as old, target.writing() as new:
        _require_empty(new, target.name)
        written = {table.name: _copied(old, new, table, tell) for table in metadata.sorted_tables}
        _link_current_runs(old, new)
        _continue_numbers(new)
        for table in metadata.sorted_tables:
            _require_same(new, table, written[table.name], target.name)
    return written


def _require_empty(connection: sa.Connection, name: str) -> None:
    for table in metadata.sorted_tables:
        if connection.execute(sa.select(table).limit(1)).first() is not None:
            raise StoreError(f"{name}: holds a library already; copy into an empty database")


def _copied(old: sa.Connection, new: sa.Connection, table: sa.Table, tell: Tell) -> Digest:
    total = old.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    names = [column.name for column in table.columns]
    digest, done = hashlib.sha256(), 0
    tell(table.name, 0, total)
    for rows in _batches(old, table):
        digest.update(_written_out(rows))
        bulk.insert(new, table, names, (_first_form(table, row) for row in rows))
        done += len(rows)
        tell(table.name, done, total)
    return Digest(done, digest.hexdigest())


def _batches(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    ordered = sa.select(table).order_by(*table.primary_key.columns)
    streamed = {"yield_per": ROWS_AT_ONCE}
    yield from connection.execute(ordered, execution_options=streamed).partitions()


def _first_form(table: sa.Table, row: sa.Row[Any]) -> Sequence[object]:
    """Leave out of a film its current run, which is not there yet: each refers to the other."""
    if table is not film:
        return tuple(row)
    return tuple(
        None if column.name == film.c.current_run_id.name else value
        for column, value in zip(table.columns, row, strict=True)
    )


def _link_current_runs(old: sa.Connection, new: sa.Connection) -> None:
    current = sa.select(film.c.current_run_id, film.c.id).where(film.c.current_run_id.is_not(None))
    bulk.update(new, film, "current_run_id", ("id",), map(tuple, old.execute(current)))


def _written_out(rows: Sequence[sa.Row[Any]]) -> bytes:
    # A list's repr has one reading only, and tells 1 from True from "1" from b"1".
    return "".join(f"{tuple(row)!r}\n" for row in rows).encode("utf-8", "surrogatepass")


def _require_same(connection: sa.Connection, table: sa.Table, expected: Digest, name: str) -> None:
    digest, count = hashlib.sha256(), 0
    for rows in _batches(connection, table):
        digest.update(_written_out(rows))
        count += len(rows)
    if Digest(count, digest.hexdigest()) != expected:
        raise StoreError(
            f"{name}: {table.name} did not arrive as it was ({count} rows of {expected.rows}); "
            "nothing was copied"
        )


def _continue_numbers(connection: sa.Connection) -> None:
    """Have PostgreSQL number on from the highest number there is, as SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        highest = sa.select(sa.func.max(column)).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(sa.select(sa.func.setval(sequence, highest)).where(highest.is_not(None)))
