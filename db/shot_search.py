"""Finding shots: all films' are judged, and those that come first in an order are kept.

Where an order asks first what is the same for all of a film's shots, the first films alone may fill
a page: they are looked into first, and the others only for the total.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa

from .cursors import Value
from .films_in_order import first_films
from .first_shots import FirstShots, Found, Sorting
from .ordering import Order
from .ordering_sql import not_before
from .query import Query
from .query_sql import may_have_shots
from .records import Span
from .shot_batches import BatchReader, batches
from .shot_truth import where_true

# So many films are looked into first where they are in order: most pages need no more.
FIRST_FILMS = 64


def places_of(query: Query, order: Order) -> int:
    """Say how many values a place in this order has."""
    return len(Sorting.of(query, order).keys) + 1


def first_shots(
    connection: sa.Connection,
    query: Query,
    order: Order,
    most: int,
    place: Sequence[Value] | None = None,
    cap: int = 0,
) -> tuple[tuple[Found, ...], int]:
    """Find the shots that come first, or first after a place: `most` of them at most.

    Also how many there are, counted until there are `cap`, but for films before the place.
    """
    sorting = Sorting.of(query, order)
    conditions = [may_have_shots(query)]
    if place is not None and (alone := sorting.of_film_alone):
        conditions.append(not_before(sorting.keys[:alone], place[:alone]))
    best = FirstShots(connection, sorting, most, place)
    reader = BatchReader.of(connection, query)
    films = reader.films_with(conditions)
    counted, settled = 0, False
    if sorting.of_film_alone and len(films) > FIRST_FILMS:
        *ahead, follows = first_films(connection, sorting.keys, conditions, FIRST_FILMS + 1)
        are_ahead = np.isin(films["film_id"], [row.id for row in ahead])
        batch = reader.batch(films[are_ahead])
        truth = where_true(query.root, batch)
        best.add(batch, truth)
        settled, films = best.end_before(follows), films[~are_ahead]
        counted = int(np.count_nonzero(truth))
    for batch in () if settled and counted >= cap else reader.batches(films):
        # Once enough are counted, only those are judged that may come first.
        seen = best.narrowed(batch) if counted >= cap else batch
        truth = where_true(query.root, seen)
        counted += int(np.count_nonzero(truth))
        if not settled:
            best.add(seen, truth)
        elif counted >= cap:
            break
    return best.found(), counted


def count(connection: sa.Connection, query: Query, cap: int) -> int:
    """Count the shots that the query is true of, until there are more than `cap`."""
    counted = 0
    for batch in batches(connection, query):
        counted += int(np.count_nonzero(where_true(query.root, batch)))
        if counted > cap:
            break
    return counted


def all_shots(connection: sa.Connection, query: Query) -> Iterator[tuple[int, Span]]:
    """Yield films with the spans of all shots that the query is true of, in no order."""
    for batch in batches(connection, query):
        matching = np.flatnonzero(where_true(query.root, batch))
        if len(matching):
            ids = batch.films["film_id"][batch.whose(matching)[0]]
            begins_us, ends_us = batch.times_us(matching).tolist()
            for film_id, *span_us in zip(ids.tolist(), begins_us, ends_us, strict=True):
                yield film_id, Span(*span_us)
