"""Adding a row unless there is one of its key, also where another process is just adding it."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: sa.Connection, table: sa.Table, row: Mapping[str, object]) -> bool:
    """Insert a row unless one is there with its key; tell whether it was inserted.

    On PostgreSQL it waits for whoever is adding such a row, and heeds that one's end.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    added = connection.execute(insert(table).values(dict(row)).on_conflict_do_nothing())
    return bool(added.rowcount)
