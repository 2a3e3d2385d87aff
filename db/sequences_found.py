"""Which films have shots that follow each other as a query asks, and where.

Films are asked in SQL, but shots outside it (shot_truth.py): so each sequence of a query is first
looked for in the films that may have it, and the answer goes into the condition on films as ids.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import sqlalchemy as sa

from .batch import Batch
from .query import Query, own_terms
from .query_nodes import Then
from .query_sql import check, film_clause, may_have_shots
from .query_sql_films import Clause, listed
from .shot_batches import batches_of
from .shot_truth import gaps_us, where_ending


def film_condition(connection: sa.Connection, query: Query) -> Clause:
    """Say which films the query is true of. Raises QueryError as `check` does."""
    check(query, of_shots=False)
    asked = {
        (term, wanted): None for term, wanted in own_terms(query.root) if isinstance(term, Then)
    }
    return film_clause(query, {key: _films_with(connection, *key) for key in asked})


def first_ends_us(
    connection: sa.Connection, node: Then, film_ids: Sequence[int]
) -> Mapping[int, int]:
    """Say when the first shot begins that ends the sequence, for the films that have it."""
    found: dict[int, int] = {}
    for batch in _in_films(connection, node, film_ids):
        ends = np.flatnonzero(where_ending(node, batch, surely=True))
        films, first = np.unique(batch.whose(ends)[0], return_index=True)
        begins_us = batch.times_us(ends[first])[0].tolist()
        found |= dict(zip(batch.films["film_id"][films].tolist(), begins_us, strict=True))
    return found


def gaps_of_shots_us(
    connection: sa.Connection, node: Then, shots: Sequence[tuple[int, int]]
) -> Mapping[tuple[int, int], int]:
    """Say of shots (film id, ordinal) how long after the nearest first shot each begins.

    Only of those that end the sequence.
    """
    found: dict[tuple[int, int], int] = {}
    wanted = frozenset(shots)
    for batch in _in_films(connection, node, sorted({film_id for film_id, _ in shots})):
        ends, gaps = gaps_us(node, batch)
        films, ordinals = batch.whose(ends)
        keys = zip(batch.films["film_id"][films].tolist(), ordinals.tolist(), strict=True)
        said = zip(keys, gaps.tolist(), strict=True)
        found |= {key: gap for key, gap in said if key in wanted}
    return found


def _in_films(connection: sa.Connection, node: Then, film_ids: Sequence[int]) -> Iterator[Batch]:
    return batches_of(connection, Query(node), listed(frozenset(film_ids)))


def _films_with(connection: sa.Connection, node: Then, surely: bool) -> frozenset[int]:
    """Name the films that surely have a sequence; or that may, since it is not false of them."""
    query = Query(node)
    found: set[int] = set()
    for batch in batches_of(connection, query, *([may_have_shots(query)] if surely else [])):
        ends = np.flatnonzero(where_ending(node, batch, surely=surely))
        found |= set(batch.films["film_id"][np.unique(batch.whose(ends)[0])].tolist())
    return frozenset(found)
