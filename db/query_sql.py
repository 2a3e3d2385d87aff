"""A query's tree as a condition in SQL (SQLAlchemy Core): on films, and on films for their shots.

Executes nothing. EXISTS is never NULL, so unknown is not left to SQL: each node is asked either
where it is *true* or where it is *false*, and what is unknown is in neither. `not` then only
exchanges the two, and De Morgan does the rest.

A condition stands in a SELECT that has `film` and its current `index_run`. Shots themselves are
judged outside SQL (shot_truth.py); here the films are left out that can have none. So which films
have a sequence of shots is told to it (sequences_found.py).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

import sqlalchemy as sa

from .errors import QueryError
from .query import Query
from .query_nodes import (
    And,
    FilmLeaf,
    Found,
    Leaf,
    Node,
    Not,
    Or,
    Present,
    Probability,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    ReviewLeaf,
    Then,
)
from .query_sql_films import (
    Clause,
    exists,
    film_fact,
    film_has,
    film_measures,
    listed,
)
from .reviews import STANDS
from .tables import FLOOR, film, film_tag, review, saved_hit, saved_search

# SQLite before 3.46 reads a condition on a stack of 100 places, of which it says no more than that
# it overflowed. Measured: how many a pair of brackets takes.
MAX_PLACES = 66
_BRACKET_PLACES = 4
# Of each sequence the ids of the films of which it is true (True), or may be (False).
Sequences = Mapping[tuple[Then, bool], frozenset[int]]
SAVED = saved_hit.join(saved_search, saved_search.c.id == saved_hit.c.search_id)


def film_clause(query: Query, sequences: Sequences) -> Clause:
    """Say which films the query is true of; see `check`."""

    def leaf(node: Leaf | Then, wanted: bool) -> Clause:
        if isinstance(node, Then):
            return _as(wanted, listed(sequences[node, wanted]))
        return _film_leaf(node, wanted)

    return _clause(query.root, True, leaf)


def may_have_shots(query: Query) -> Clause:
    """Say in which films there may be shots that the query is true of: in no others are any.

    `sa.true()` itself where all may have some.

    Raises QueryError where a number lies below the probabilities that are kept for search, or where
    the query is deeper than the database reads.
    """
    check(query, of_shots=True)
    return _clause(query.root, True, _may_have)


def film_truth(leaf: FilmLeaf) -> sa.ColumnElement[int | None]:
    """Say of a film what a leaf is: 1 for true, 0 for false, NULL for unknown."""
    return sa.case((film_fact(leaf, True), 1), (film_fact(leaf, False), 0), else_=None)


def said_of(node: ReviewLeaf | Found) -> sa.Select[int, int, int]:
    """Select the stretches of films, (film id, start, end), of which a leaf is true."""
    match node:
        case Found(name):
            spans = saved_hit.c.film_id, saved_hit.c.start_us, saved_hit.c.end_us
            return sa.select(*spans).select_from(SAVED).where(saved_search.c.name == name)
        case _:
            spans = review.c.film_id, review.c.asked_start_us, review.c.asked_end_us
            return sa.select(*spans).where(*_reviewed(node))


def _clause(node: Node, wanted: bool, leaf: Callable[[Leaf | Then, bool], Clause]) -> Clause:
    """Say where a node is true (`wanted`) or where it is false (not `wanted`)."""
    match node:
        case Not(part):
            return _clause(part, not wanted, leaf)
        case And(parts) | Or(parts):
            join = _all if isinstance(node, And) == wanted else _any
            return join([_clause(part, wanted, leaf) for part in parts])
        case _:
            return leaf(node, wanted)


def _all(conditions: Sequence[Clause]) -> Clause:
    asked = [one for one in conditions if one is not sa.true()]
    return sa.and_(*asked) if asked else sa.true()


def _any(conditions: Sequence[Clause]) -> Clause:
    return sa.true() if any(one is sa.true() for one in conditions) else sa.or_(*conditions)


def _as(wanted: bool, condition: Clause) -> Clause:
    return condition if wanted else sa.not_(condition)


def _film_leaf(node: Leaf, wanted: bool) -> Clause:
    match node:
        case Present(name):
            return film_has(name, film_tag.c.present.is_(wanted))
        case Probability(name, comparison, number):
            return film_measures(name, film_tag.c.peak, comparison, number, wanted)
        case Reviewed() | ReviewedTag() | ReviewedBy():
            return _as(wanted, exists(review, review.c.film_id == film.c.id, *_reviewed(node)))
        case Found(name):
            of_film = saved_search.c.name == name, saved_hit.c.film_id == film.c.id
            return _as(wanted, exists(SAVED, *of_film))
        case _:
            return film_fact(node, wanted)


def _reviewed(node: ReviewLeaf) -> tuple[Clause, ...]:
    match node:
        case Reviewed():
            return (STANDS,)
        case ReviewedTag(name):
            return STANDS, review.c.tag == name
        case ReviewedBy(reviewer):
            return STANDS, review.c.reviewer == reviewer
        case _:
            assert_never(node)


def _may_have(node: Leaf | Then, wanted: bool) -> Clause:
    """Say which films may have a shot of which a leaf is true (`wanted`) or false.

    Any film may have what is asked of tags in shots: to look is faster than to ask before.
    """
    match node:
        case Present() | Probability():
            return sa.true()
        case Reviewed() | ReviewedTag() | ReviewedBy() | Found():
            return _film_leaf(node, True) if wanted else sa.true()
        case Then(first, second):
            # The first shot of every film follows none.
            both = [_clause(part, True, _may_have) for part in (first, second)]
            return _all(both) if wanted else sa.true()
        case _:
            return film_fact(node, wanted)


# What is refused, since the database could not say it.


def check(query: Query, *, of_shots: bool) -> None:
    """Raise QueryError where a query of films, or of their shots, cannot be asked.

    Where a number is under those that are kept for searching shots, be it in a sequence, or where
    it is deeper than the database reads.
    """
    if _places(query.root) > MAX_PLACES:
        message = "brackets stand too deep in each other; ask for a part of it"
        raise QueryError(message, query.text or str(query), query.root.column)
    _refuse_below_floor(query, query.root, of_shots=of_shots)


def _refuse_below_floor(query: Query, node: Node, *, of_shots: bool) -> None:
    match node:
        case Not(part):
            _refuse_below_floor(query, part, of_shots=of_shots)
        case And(parts) | Or(parts):
            for part in parts:
                _refuse_below_floor(query, part, of_shots=of_shots)
        case Then(first, second):
            for part in (first, second):
                _refuse_below_floor(query, part, of_shots=True)
        case Probability(name, _, number) if of_shots and number < FLOOR:
            message = (
                f"{name}: probabilities under {FLOOR} are not kept for searching shots; "
                f"ask for {FLOOR} or more, or search films"
            )
            raise QueryError(message, query.text or str(query), node.column)
        case _:
            pass


def _places(node: Node) -> int:
    match node:
        case Then(first, second):
            return _BRACKET_PLACES + max(_places(first), _places(second))
        case Not(part):
            return _places(part)
        case And(parts) | Or(parts):
            return _BRACKET_PLACES + max(map(_places, parts))
        case _:
            return 0
