"""A query's tree as a condition in SQL (SQLAlchemy Core): for films, and for shots.

Executes nothing. EXISTS is never NULL, so unknown is not left to SQL: each node is asked either
where it is *true* or where it is *false*, and what is unknown is in neither. `not` then only
exchanges the two, and De Morgan does the rest. No condition is ever NULL, since a sequence also
asks where something is *not false*.

A condition stands in a SELECT that has `film`, its current `index_run`, and for shots `shot`. What
a sequence asks of further shots of the film is asked of aliases of `shot`.
"""

from typing import assert_never

import sqlalchemy as sa

from .errors import QueryError
from .query import Query
from .query_nodes import (
    And,
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
from .query_sql_films import Clause, exists, film_fact, film_has, film_measures, tag_id
from .records import ShotState
from .reviews import STANDS
from .tables import (
    FLOOR,
    film,
    film_tag,
    index_run,
    review,
    saved_hit,
    saved_search,
    shot,
    shot_tag,
)

# SQLite before 3.46 reads a condition on a stack of 100 places, of which it says no more than that
# it overflowed. Measured: how many a sequence's first part takes, and one of brackets.
MAX_PLACES = 66
_SEQUENCE_PLACES, _BRACKET_PLACES = 16, 4


def film_clause(query: Query) -> Clause:
    """Say which films the query is true of.

    Raises QueryError where a sequence asks for shots by a number that is not kept for search, or
    where the query is deeper than the database reads.
    """
    _refuse_too_deep(query)
    _refuse(query, query.root, of_shots=False)
    return _clause(query.root, True, None)


def shot_clause(query: Query) -> Clause:
    """Say which shots the query is true of.

    Raises QueryError where a number lies below the probabilities that are kept for search, or
    where the query is deeper than the database reads.
    """
    _refuse_too_deep(query)
    _refuse(query, query.root, of_shots=True)
    return _clause(query.root, True, shot)


def films_with(node: Then) -> sa.Select[tuple[int, int]]:
    """Select films that have a sequence, and when the first one's second shot begins (us)."""
    second = shot.alias()
    films = film.join(index_run, index_run.c.id == film.c.current_run_id)
    rows = films.join(second, second.c.run_id == index_run.c.id)
    found = sa.select(film.c.id, sa.func.min(second.c.start_us)).select_from(rows)
    return found.where(_ends(node, True, second)).group_by(film.c.id)


def shots_ending(node: Then) -> sa.Select[tuple[int, int]]:
    """Select shots that end a sequence, and how long after its nearest first shot (us)."""
    first = shot.alias()
    films = shot.join(index_run, index_run.c.id == shot.c.run_id)
    films = films.join(film, film.c.id == index_run.c.film_id)
    found = sa.select(shot.c.id, sa.func.min(shot.c.start_us - first.c.end_us))
    return (
        found.select_from(films.join(first, _before(node, first, shot)))
        .where(_holds(node.second, True, shot), _holds(node.first, True, first))
        .group_by(shot.c.id)
    )


def _clause(node: Node, wanted: bool, at: sa.FromClause | None) -> Clause:
    """Say where a node is true (`wanted`) or where it is false (not `wanted`).

    at: the shot that is asked about; None for the film.
    """
    match node:
        case Not(part):
            return _clause(part, not wanted, at)
        case And(parts):
            join = sa.and_ if wanted else sa.or_
            return join(*(_clause(part, wanted, at) for part in parts))
        case Or(parts):
            join = sa.or_ if wanted else sa.and_
            return join(*(_clause(part, wanted, at) for part in parts))
        case Then():
            return _sequence(node, wanted, at)
        case _:
            return _film_leaf(node, wanted) if at is None else _shot_leaf(node, wanted, at)


def _as(wanted: bool, condition: Clause) -> Clause:
    return condition if wanted else sa.not_(condition)


# One shot after another.


def _sequence(node: Then, wanted: bool, at: sa.FromClause | None) -> Clause:
    if at is not None:
        return _as(wanted, _ends(node, wanted, at))
    second = shot.alias()
    return _as(
        wanted, exists(second, second.c.run_id == index_run.c.id, _ends(node, wanted, second))
    )


def _ends(node: Then, surely: bool, at: sa.FromClause) -> Clause:
    """Say which shots surely end such a sequence; or which may, since neither part is false."""
    first = shot.alias()
    before = exists(first, _before(node, first, at), _holds(node.first, surely, first))
    return sa.and_(_holds(node.second, surely, at), before)


def _before(node: Then, first: sa.FromClause, at: sa.FromClause) -> Clause:
    before = sa.and_(first.c.run_id == at.c.run_id, first.c.ordinal < at.c.ordinal)
    if node.within_us is None:
        return before
    return sa.and_(before, first.c.end_us >= at.c.start_us - node.within_us)


def _holds(node: Node, surely: bool, at: sa.FromClause) -> Clause:
    """Say where a node is true (`surely`), or where it is not false."""
    if isinstance(node, Then):  # without a NOT of a NOT, which takes room
        return _ends(node, surely, at)
    return _clause(node, True, at) if surely else sa.not_(_clause(node, False, at))


# Leaves.


def _film_leaf(node: Leaf, wanted: bool) -> Clause:
    match node:
        case Present(name):
            return film_has(name, film_tag.c.present.is_(wanted))
        case Probability(name, comparison, number):
            return film_measures(name, film_tag.c.peak, comparison, number, wanted)
        case Reviewed() | ReviewedTag() | ReviewedBy():
            return _as(wanted, exists(review, *_reviewed(node)))
        case Found(name):
            return _as(wanted, exists(_SAVED, *_found(name)))
        case _:
            return film_fact(node, wanted)


def _shot_leaf(node: Leaf, wanted: bool, at: sa.FromClause) -> Clause:
    match node:
        case Present(name):
            return _shot_has(name, shot_tag.c.present, wanted, at)
        case Probability(name, comparison, number) if comparison.downward:
            # Rows are kept for high probabilities only, so ask for those and say the opposite.
            over = comparison.opposite.compare(shot_tag.c.probability, number)
            return _shot_has(name, over, not wanted, at)
        case Probability(name, comparison, number):
            over = comparison.compare(shot_tag.c.probability, number)
            return _shot_has(name, over, wanted, at)
        case Reviewed() | ReviewedTag() | ReviewedBy():
            touched = review.c.asked_start_us < at.c.end_us, at.c.start_us < review.c.asked_end_us
            return _as(wanted, exists(review, *_reviewed(node), *touched))
        case Found(name):
            touched = saved_hit.c.start_us < at.c.end_us, at.c.start_us < saved_hit.c.end_us
            return _as(wanted, exists(_SAVED, *_found(name), *touched))
        case _:
            return film_fact(node, wanted)


def _shot_has(name: str, condition: Clause, wanted: bool, at: sa.FromClause) -> Clause:
    """Say which shots have such a row for the tag, or (not `wanted`) surely have none.

    Surely: the shot was looked at, and by a model that reports the tag.
    """
    row = sa.and_(shot_tag.c.tag_id == tag_id(name), condition)
    of_shot = exists(shot_tag, shot_tag.c.shot_id == at.c.id, row)
    if wanted and at is shot:
        # IN rather than EXISTS: SQLite can then start from the index on (tag_id, probability)
        # instead of asking every shot of the library in turn.
        return shot.c.id.in_(sa.select(shot_tag.c.shot_id).where(row))
    if wanted:
        return of_shot
    return sa.and_(at.c.state != ShotState.NOT_LOOKED_AT, film_has(name), sa.not_(of_shot))


def _reviewed(node: ReviewLeaf) -> tuple[Clause, ...]:
    of_film = review.c.film_id == film.c.id
    match node:
        case Reviewed():
            return of_film, STANDS
        case ReviewedTag(name):
            return of_film, STANDS, review.c.tag == name
        case ReviewedBy(reviewer):
            return of_film, STANDS, review.c.reviewer == reviewer
        case _:
            assert_never(node)


_SAVED = saved_hit.join(saved_search, saved_search.c.id == saved_hit.c.search_id)


def _found(name: str) -> tuple[Clause, ...]:
    return saved_search.c.name == name, saved_hit.c.film_id == film.c.id


# What is refused, since the database could not say it.


def _refuse(query: Query, node: Node, *, of_shots: bool) -> None:
    match node:
        case Not(part):
            _refuse(query, part, of_shots=of_shots)
        case And(parts) | Or(parts):
            for part in parts:
                _refuse(query, part, of_shots=of_shots)
        case Then(first, second):
            for part in (first, second):
                _refuse(query, part, of_shots=True)
        case Probability(name, _, number) if of_shots and number < FLOOR:
            message = (
                f"{name}: probabilities under {FLOOR} are not kept for searching shots; "
                f"ask for {FLOOR} or more, or search films"
            )
            raise QueryError(message, query.text or str(query), node.column)
        case _:
            pass


def _refuse_too_deep(query: Query) -> None:
    if _places(query.root) > MAX_PLACES:
        message = "brackets and sequences stand too deep in each other; ask for a part of it"
        raise QueryError(message, query.text or str(query), query.root.column)


def _places(node: Node) -> int:
    match node:
        case Then(first, second):
            return max(_SEQUENCE_PLACES + _places(first), _BRACKET_PLACES + _places(second))
        case Not(part):
            return _BRACKET_PLACES // 2 + _places(part)
        case And(parts) | Or(parts):
            return _BRACKET_PLACES + max(map(_places, parts))
        case _:
            return 0
