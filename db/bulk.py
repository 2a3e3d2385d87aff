"""Many rows at once, past the work that SQLAlchemy does for each: a tenth of the time a row.

Values go to the driver as they are, so they must be what the driver takes: numbers, text, bytes,
booleans, None.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

# How drivers mark a value that is named by its place (PEP 249).
_MARKS = {"qmark": "?", "format": "%s", "pyformat": "%s"}


def insert(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Insert rows, each the values of `columns` in order; defaults of Python's side do not apply.

    Raises KeyError for a column that the table does not have.
    """
    names = [table.c[name].name for name in columns]
    mark = _mark(connection)
    marks = ", ".join(mark for _ in names)
    into = f"{table.name} ({', '.join(names)})"
    _execute(connection, f"INSERT INTO {into} VALUES ({marks})", rows)  # noqa: S608  our own names


def update(
    connection: sa.Connection,
    table: sa.Table,
    column: str,
    keys: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Set `column` where `keys` are so: rows of (value, *keys)."""
    mark = _mark(connection)
    where = " AND ".join(f"{table.c[key].name} = {mark}" for key in keys)
    setting = f"{table.name} SET {table.c[column].name} = {mark} WHERE {where}"
    _execute(connection, f"UPDATE {setting}", rows)


def select(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    keys: Sequence[str],
    wanted: Iterable[Sequence[object]],
) -> Iterator[sa.Row[Any]]:
    """Read the row of each of some values of `keys`, where there is one."""
    mark = _mark(connection)
    names = ", ".join(table.c[name].name for name in columns)
    where = " AND ".join(f"{table.c[key].name} = {mark}" for key in keys)
    statement = f"SELECT {names} FROM {table.name} WHERE {where}"  # noqa: S608  our own names
    for values in wanted:
        yield from connection.exec_driver_sql(statement, tuple(values))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers as they stand in a statement: to bind each costs more than to read its row."""

    text: str

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "Numbers":
        """Write them down. Raises ValueError for what is no whole number."""
        return cls(", ".join([format(number, "d") for number in numbers]))


def select_among(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    conditions: Mapping[str, int],
    key: str,
    among: "Numbers",
) -> Sequence[sa.Row[Any]]:
    """Read the rows whose `key` is one of thousands of numbers, and other columns are as said."""
    names = ", ".join(table.c[name].name for name in columns)
    where = " AND ".join(f"{table.c[name].name} = {int(at)}" for name, at in conditions.items())
    statement = (
        f"SELECT {names} FROM {table.name}"  # noqa: S608  our own names, and whole numbers
        f" WHERE {where} AND {table.c[key].name} IN ({among.text})"
    )
    return connection.exec_driver_sql(statement).all()


def _mark(connection: sa.Connection) -> str:
    return _MARKS[connection.dialect.paramstyle]


def _execute(connection: sa.Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    if values := [tuple(row) for row in rows]:
        connection.exec_driver_sql(statement, values)
