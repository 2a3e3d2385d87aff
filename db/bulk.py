"""Many rows at once, past the work that SQLAlchemy does for each: a tenth of the time a row.

Values go to the driver as they are, so they must be what the driver takes: numbers, text, bytes,
booleans, None. SQLite is given a row at a time, PostgreSQL a column at a time, as arrays: one
statement for thousands of rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

# A server is sent so many rows in one statement: some megabytes, where they hold embeddings.
ROWS_AT_ONCE = 4096


def insert(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Insert rows, each the values of `columns` in order; defaults of Python's side do not apply.

    Raises KeyError for a column that the table does not have.
    """
    into = f"{table.name} ({', '.join(table.c[name].name for name in columns)})"
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in columns)
        _execute(connection, f"INSERT INTO {into} VALUES ({marks})", rows)  # noqa: S608  our own names
    else:
        arrays = ", ".join(_array(connection, table.c[name]) for name in columns)
        _execute_arrays(connection, f"INSERT INTO {into} SELECT * FROM unnest({arrays})", rows)  # noqa: S608


def update(
    connection: sa.Connection,
    table: sa.Table,
    column: str,
    keys: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Set `column` where `keys` are so: rows of (value, *keys)."""
    value, where = table.c[column], [table.c[key] for key in keys]
    setting = f"{table.name} SET {value.name} ="
    if connection.dialect.name == "sqlite":
        keyed = " AND ".join(f"{key.name} = ?" for key in where)
        _execute(connection, f"UPDATE {setting} ? WHERE {keyed}", rows)
        return
    arrays = ", ".join(_array(connection, one) for one in (value, *where))
    names = ", ".join(f"k{number}" for number in range(len(where)))
    keyed = " AND ".join(f"{table.name}.{key.name} = k{n}" for n, key in enumerate(where))
    given = f"FROM unnest({arrays}) AS given (v, {names}) WHERE {keyed}"
    _execute_arrays(connection, f"UPDATE {setting} given.v {given}", rows)


def select_between(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    conditions: Mapping[str, int],
    key: str,
    between: tuple[int, int],
) -> Sequence[tuple[Any, ...]]:
    """Read the rows whose `key` lies from one number to another, and other columns are as said.

    As the driver gives them: an object for each row takes as long as reading it. In SQLite a range
    is read five times as fast as a list of numbers.
    """
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join(table.c[name].name for name in columns)
    equal = "".join(f"{table.c[name].name} = {mark} AND " for name in conditions)
    where = f"{equal}{table.c[key].name} BETWEEN {mark} AND {mark}"
    statement = f"SELECT {names} FROM {table.name} WHERE {where}"  # noqa: S608  our own names
    return _as_read(connection.exec_driver_sql(statement, (*conditions.values(), *between)))


def select_numbered(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    keys: tuple[str, str],
    wanted: Iterable[tuple[int, int]],
) -> Sequence[tuple[Any, ...]]:
    """Read the rows whose two `keys` are a pair of these, hundreds of them in one statement.

    Joined, and not looked for among pairs: SQLite then finds each by its index. The driver's rows.
    """
    pairs = ", ".join(f"({first:d}, {second:d})" for first, second in wanted)
    if not pairs:
        return ()
    names = ", ".join(f"{table.name}.{table.c[name].name}" for name in columns)
    same = " AND ".join(
        f"{table.name}.{table.c[key].name} = wanted.k{n}" for n, key in enumerate(keys)
    )
    statement = (
        f"WITH wanted (k0, k1) AS (VALUES {pairs})"  # noqa: S608  our own names, and whole numbers
        f" SELECT {names} FROM wanted JOIN {table.name} ON {same}"
    )
    return _as_read(connection.exec_driver_sql(statement))


def numbers(connection: sa.Connection, statement: sa.Select[Any]) -> npt.NDArray[np.float64]:
    """Read the columns of a statement that gives numbers alone, none of them NULL: `(C, N)`."""
    rows = _as_read(connection.execute(statement))
    columns = len(statement.selected_columns)
    return np.fromiter(chain.from_iterable(rows), np.float64).reshape(-1, columns).T


def _as_read(result: sa.CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    with result:
        rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall()
    return rows


def _array(connection: sa.Connection, column: sa.Column[object]) -> str:
    # A cast to a text of limited length would cut it; the column itself refuses what is too long.
    text = isinstance(column.type, sa.String)
    kind = "text" if text else column.type.compile(connection.dialect)
    return f"%b::{kind}[]"


def _execute(connection: sa.Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    if values := [tuple(row) for row in rows]:
        connection.exec_driver_sql(statement, values)


def _execute_arrays(
    connection: sa.Connection, statement: str, rows: Iterable[Sequence[object]]
) -> None:
    for some in _batches(rows):
        columns = tuple(list(column) for column in zip(*some, strict=True))
        connection.exec_driver_sql(statement, columns)


def _batches(rows: Iterable[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some
