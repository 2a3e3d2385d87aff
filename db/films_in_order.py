"""Films with their current runs, those first that come first in an order of shots."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from .ordering_sql import Key, labelled
from .query_sql_films import numbered
from .tables import film, index_run

# Films with their current runs.
FILMS = index_run.join(
    film, sa.and_(film.c.id == index_run.c.film_id, film.c.current_run_id == index_run.c.id)
)
_KNOWN = (film.c.id, film.c.title, index_run.c.id.label("run_id"), index_run.c.model_id)


def first_films(
    connection: sa.Connection,
    keys: Sequence[Key],
    conditions: Sequence[sa.ColumnElement[bool]],
    most: int,
) -> Sequence[sa.Row[Any]]:
    """Read the films that come first, of those of which some conditions hold: see `with_keys`."""
    found = _select(keys).where(index_run.c.state == "complete", *conditions)
    return connection.execute(found.order_by(*(key.ordered for key in keys)).limit(most)).all()


def with_keys(
    connection: sa.Connection, keys: Sequence[Key], film_ids: Sequence[int]
) -> dict[int, sa.Row[Any]]:
    """Read films, by id: rows of (id, title, run_id, model_id, key_0, key_1, ...)."""
    found = _select(keys).where(numbered(film.c.id, film_ids))
    return {row.id: row for row in connection.execute(found)}


def _select(keys: Sequence[Key]) -> sa.Select[Any]:
    return sa.select(*_KNOWN, *labelled(keys)).select_from(FILMS)
