"""An order as SQL: what is ordered by, in which direction, and where the next page begins.

Executes nothing. Its expressions stand in a SELECT that has `film` and its current `index_run`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, assert_never

import sqlalchemy as sa

from .cursors import Value
from .ordering import Amount, ByAmount, ByFact, Fact, Order, Term
from .query_sql_films import tag_id
from .tables import film, film_tag, index_run, tag

# Relevances are added up as whole numbers: the sum must not depend on the order of adding.
_MILLION = 1_000_000
# A float16 is a whole number of these parts of one; beside peaks, room for the sum of relevances.
_HALVES, _ROOM = 2**24, 2**27


@dataclass(frozen=True, slots=True)
class Key:
    """One expression to order by. What is unknown (NULL) comes last, in either direction."""

    value: sa.ColumnElement[Any]
    descending: bool = False
    nullable: bool = False

    @property
    def ordered(self) -> sa.ColumnElement[Any]:
        """The expression with its direction, for ORDER BY."""
        way = self.value.desc() if self.descending else self.value.asc()
        return way.nulls_last() if self.nullable else way


def labelled(keys: Sequence[Key]) -> list[sa.Label[Any]]:
    """Name keys as columns: key_0, key_1, ..."""
    return [key.value.label(f"key_{n}") for n, key in enumerate(keys)]


def film_keys(order: Order, wanted: Sequence[str]) -> tuple[Key, ...]:
    """Say by what films are ordered; `wanted` tags make the score. The last key is the id."""
    keys = [key for term in order.terms for key in _keys(term, _film_score(wanted))]
    return (*keys, Key(film.c.title_folded), Key(film.c.id))


def shot_keys(order: Order, wanted: Sequence[str]) -> tuple[Key, ...]:
    """Say of a film how early any of its shots can come: a key for each of `shot_parts`.

    What differs from shot to shot stands for the best that the film may have.
    """
    keys = [key for term in order.terms for key in _bounds(term, wanted)]
    return (*keys, Key(film.c.title_folded), Key(film.c.id))


def after(keys: Sequence[Key], place: Sequence[Value]) -> sa.ColumnElement[bool]:
    """Say what comes after a place in the order: one value for each key.

    Nested, so that the first key alone already bounds what an index must be searched for.
    """
    return _from(keys, place, sa.false())


def not_before(keys: Sequence[Key], place: Sequence[Value]) -> sa.ColumnElement[bool]:
    """Say what comes after a place in the order, or stands at it."""
    return _from(keys, place, sa.true())


def _from(
    keys: Sequence[Key], place: Sequence[Value], condition: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    for key, value in reversed(list(zip(keys, place, strict=True))):
        condition = sa.and_(
            _not_before(key, value), condition if value is None else _beyond(key, value, condition)
        )
    return condition


def _not_before(key: Key, value: Value) -> sa.ColumnElement[bool]:
    if value is None:
        return key.value.is_(None)
    return _or_unknown(key, key.value <= value if key.descending else key.value >= value)


def _beyond(key: Key, value: Value, level: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    further = key.value < value if key.descending else key.value > value
    return sa.or_(_or_unknown(key, further), level)


def _or_unknown(key: Key, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.or_(condition, key.value.is_(None)) if key.nullable else condition


def _keys(term: Term, score: Sequence[sa.ColumnElement[Any]]) -> Iterator[Key]:
    match term:
        case ByFact(Fact.SCORE, descending):
            yield from (Key(part, descending) for part in score)
        case ByFact(fact, descending):
            yield Key(_FACTS[fact], descending, nullable=fact is Fact.YEAR)
        case ByAmount(amount, name, descending):
            of_film = (film_tag.c.run_id == index_run.c.id, film_tag.c.tag_id == tag_id(name))
            value = sa.select(_AMOUNTS[amount]).where(*of_film).scalar_subquery()
            yield Key(value, descending, nullable=True)
        case _:
            assert_never(term)


def _bounds(term: Term, wanted: Sequence[str]) -> Iterator[Key]:
    match term:
        case ByFact(Fact.SCORE, descending):
            if wanted:
                yield Key(_peaks(wanted) if descending else sa.literal(0.0), descending)
        case ByFact(Fact.TIME, descending):
            yield Key(index_run.c.duration_us if descending else sa.literal(0), descending)
        case _:
            yield from _keys(term, ())


_FACTS: Mapping[Fact, sa.ColumnElement[Any]] = MappingProxyType(
    {
        Fact.TITLE: film.c.title_folded,
        Fact.DURATION: index_run.c.duration_us,
        Fact.INDEXED: index_run.c.finished_us,
        Fact.ADDED: film.c.added_us,
        Fact.WIDTH: index_run.c.width,
        Fact.HEIGHT: index_run.c.height,
        Fact.FPS: index_run.c.frame_rate,
        Fact.SHOTS: index_run.c.shots,
        Fact.YEAR: film.c.year,
    }
)
_AMOUNTS: Mapping[Amount, sa.Column[float]] = MappingProxyType(
    {
        Amount.SECONDS: film_tag.c.seconds,
        Amount.PEAK: film_tag.c.peak,
        Amount.COVERAGE: film_tag.c.coverage,
        Amount.RELEVANCE: film_tag.c.relevance,
    }
)


def _film_score(names: Sequence[str]) -> tuple[sa.ColumnElement[Any], ...]:
    """Add up peaks, then relevances: one number, or none without names.

    Peaks are float16, so that each is a whole number of 2**-24; of a hundred tags the relevances
    come to less than 2**27, and all of it fits into 64 bits. Two sums take twice the time.
    """
    if not names:
        return ()
    peak = sa.cast(film_tag.c.peak * _HALVES, sa.BigInteger)
    relevance = sa.cast(sa.func.round(film_tag.c.relevance * _MILLION), sa.BigInteger)
    return (_sum_over(names, sa.cast(peak * _ROOM, sa.BigInteger) + relevance, sa.BigInteger()),)


def _peaks(names: Sequence[str]) -> sa.ColumnElement[Any]:
    return _sum_over(names, film_tag.c.peak, sa.Float(53))


def _sum_over(
    names: Sequence[str], part: sa.ColumnElement[Any], kind: sa.types.TypeEngine[Any]
) -> sa.ColumnElement[Any]:
    scored = (film_tag.c.run_id == index_run.c.id, film_tag.c.tag_id.in_(_ids(names)))
    total = sa.cast(sa.func.coalesce(sa.func.sum(part), 0), kind)
    return sa.select(total).where(*scored).scalar_subquery()


def _ids(names: Sequence[str]) -> sa.Select[tuple[int]]:
    return sa.select(tag.c.id).where(tag.c.name.in_(names))
