"""Saved searches: a query by its name, and what it has found before.

What was found is kept as stretches of films, not as shots: a film that is indexed again has other
shots, and what they show is not new for that. A film that was found as a whole is one stretch.
`query_nodes.Found` asks for them.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from . import bulk
from .errors import StoreError
from .records import Span
from .tables import saved_hit, saved_search

_ROWS_AT_ONCE = 10_000
_COLUMNS = ("search_id", "film_id", "start_us", "end_us")


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query and how it is asked; the times are since 1970, UTC.

    order: as typed, empty for the best first. asked_us: when it last told what is new.
    """

    name: str
    query: str
    shots: bool
    order: str
    saved_us: int
    asked_us: int

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.query.strip():
            raise ValueError(f"a search without a name or a query: {self}")


def names(connection: sa.Connection) -> tuple[str, ...]:
    """Name the saved searches."""
    query = sa.select(saved_search.c.name).order_by(saved_search.c.name)
    return tuple(connection.scalars(query))


def listed(connection: sa.Connection) -> tuple[SavedSearch, ...]:
    """Read all saved searches, by name."""
    rows = connection.execute(sa.select(saved_search).order_by(saved_search.c.name))
    return tuple(
        SavedSearch(row.name, row.query, row.shots, row.sort, row.saved_us, row.asked_us)
        for row in rows
    )


def read(connection: sa.Connection, name: str) -> SavedSearch:
    """Read one. Raises StoreError if there is none of this name."""
    for one in listed(connection):
        if one.name == name:
            return one
    raise _missing(name)


def save(connection: sa.Connection, search: SavedSearch) -> None:
    """Keep a search that has found nothing yet. Raises StoreError if its name is taken."""
    if search.name in names(connection):
        raise StoreError(
            f"there is a saved search {search.name!r}; choose another name, or first "
            f"`filmdex searches remove {search.name}`"
        )
    connection.execute(
        sa.insert(saved_search).values(
            name=search.name,
            query=search.query,
            shots=search.shots,
            sort=search.order,
            saved_us=search.saved_us,
            asked_us=search.asked_us,
        )
    )


def remove(connection: sa.Connection, name: str) -> None:
    """Forget a search and what it found. Raises StoreError if there is none of this name."""
    if not connection.execute(sa.delete(saved_search).where(saved_search.c.name == name)).rowcount:
        raise _missing(name)


def note(
    connection: sa.Connection, name: str, found: Iterable[tuple[int, Span]], now_us: int
) -> None:
    """Keep what a search has shown: films and stretches of them. Raises StoreError as `read`."""
    search_id = _asked(connection, name, now_us)
    starts = sa.select(saved_hit.c.film_id, saved_hit.c.start_us)
    rows = connection.execute(starts.where(saved_hit.c.search_id == search_id))
    kept = {(row.film_id, row.start_us) for row in rows}
    new = (
        (search_id, film_id, span.start_us, span.end_us)
        for film_id, span in found
        if (film_id, span.start_us) not in kept
    )
    while some := list(itertools.islice(new, _ROWS_AT_ONCE)):
        bulk.insert(connection, saved_hit, _COLUMNS, some)


def _asked(connection: sa.Connection, name: str, now_us: int) -> int:
    search_id: int | None = connection.scalar(
        sa.update(saved_search)
        .where(saved_search.c.name == name)
        .values(asked_us=now_us)
        .returning(saved_search.c.id)
    )
    if search_id is None:
        raise _missing(name)
    return search_id


def _missing(name: str) -> StoreError:
    return StoreError(f"there is no saved search {name!r}; `filmdex searches` lists them")
