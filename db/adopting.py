"""Paths that were stored before their root had a name: stored by that name from now on."""

import sqlalchemy as sa

from .records import show_path
from .roots import Roots
from .tables import location

# As stored, past the columns' own translation.
_path: sa.ColumnElement[bytes] = sa.type_coerce(location.c.path, sa.LargeBinary)


def unnamed(connection: sa.Connection, roots: Roots) -> list[tuple[int, bytes]]:
    """Return the places, by number and path, that are stored in full though a root has a name."""
    below: list[sa.ColumnElement[bool]] = [
        sa.and_(_path >= folder + b"/", _path < folder + b"0") for _, folder in roots.folders
    ]
    query = sa.select(location.c.id, _path).where(sa.or_(sa.false(), *below))
    return [(row[0], row[1]) for row in connection.execute(query)]


def adopt(connection: sa.Connection, roots: Roots) -> None:
    """Store them by the name; one that another host has stored so already is that one."""
    for number, path in unnamed(connection, roots):
        stored = roots.stored(path)
        if connection.scalar(sa.select(location.c.id).where(_path == stored)) is not None:
            connection.execute(sa.delete(location).where(location.c.id == number))
            continue
        connection.execute(
            sa.update(location)
            .where(location.c.id == number)
            .values(
                path=sa.literal(stored, sa.LargeBinary()),
                path_shown=sa.literal(show_path(stored), sa.Text()),
            )
        )
