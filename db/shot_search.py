"""Finding shots: all films' are judged, and those that come first in an order are kept.

Where an order asks first what is the same for all of a film's shots, the first films alone may fill
a page: they are looked into first, and the others only for the total.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from .cursors import Value
from .films_in_order import first_films, with_keys
from .ordering import ByFact, Fact, Order
from .ordering_sql import Key, not_before, shot_keys
from .places_in_order import Column, Steps, beyond, column, first, steps
from .query import Query, wanted_tags
from .query_sql import may_have_shots
from .records import Span
from .shot_batches import BatchReader, batches, films_with
from .shot_truth import Batch, where_true

# So many films are looked into first where they are in order: most pages need no more.
FIRST_FILMS = 64
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A shot that was found, and its place in the order."""

    film: sa.Row[Any]
    ordinal: int
    place: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class _Sorting:
    """An order of shots: its keys in SQL, and which of them stand for a shot's score or time.

    The last two keys are the film's title and id; a shot's place has its ordinal after them.
    """

    keys: tuple[Key, ...]
    scores: tuple[int, ...]
    times: tuple[int, ...]
    wanted: tuple[str, ...]

    @classmethod
    def of(cls, query: Query, order: Order) -> "_Sorting":
        wanted = wanted_tags(query, shots=True)
        own = [
            term.fact if isinstance(term, ByFact) else None
            for term in order.terms
            if wanted or not (isinstance(term, ByFact) and term.fact is Fact.SCORE)
        ]
        scores, times = (
            tuple(n for n, fact in enumerate(own) if fact is kind)
            for kind in (Fact.SCORE, Fact.TIME)
        )
        return cls(shot_keys(order, wanted), scores, times, wanted)

    @property
    def descending(self) -> tuple[bool, ...]:
        return (*(key.descending for key in self.keys), False)

    @property
    def of_film_alone(self) -> int:
        """So many of the first keys are the same for all shots of a film."""
        return min((*self.scores, *self.times), default=len(self.keys))


def places_of(query: Query, order: Order) -> int:
    """Say how many values a place in this order has."""
    return len(_Sorting.of(query, order).keys) + 1


@dataclass(slots=True, eq=False)
class _First:
    """The `most` shots that come first, or first after a place, of those seen so far."""

    connection: sa.Connection
    sorting: _Sorting
    most: int
    place: Sequence[Value] | None
    _found: list[tuple[Steps, Found]] = field(default_factory=list)

    @property
    def found(self) -> tuple[Found, ...]:
        """The shots, in order."""
        return tuple(one for _, one in self._found)

    def ends_before(self, row: sa.Row[Any]) -> bool:
        """Tell whether no shot of a film, or of those after it, can come among these."""
        keys = [getattr(row, f"key_{n}") for n in range(len(self.sorting.keys))]
        by = len(keys)
        full = len(self._found) == self.most
        return full and steps(keys, self.sorting.descending[:by]) > self._found[-1][0][:by]

    def add(self, batch: Batch, matching: Places) -> None:
        """See the matching shots of some more films."""
        own: dict[int, npt.NDArray[Any]] = {}
        if scores := self.sorting.scores:
            own = dict.fromkeys(scores, batch.score(self.sorting.wanted, matching))
            matching, own = self._narrowed(matching, own)
        if (times := self.sorting.times) and len(matching):
            own |= dict.fromkeys(times, batch.times_us(matching)[0])
            matching, own = self._narrowed(matching, own)
        if len(matching):
            new = self._in_order(batch, matching, own)
            self._found = sorted([*self._found, *new], key=lambda pair: pair[0])[: self.most]

    def _narrowed(
        self, matching: Places, own: Mapping[int, npt.NDArray[Any]]
    ) -> tuple[Places, dict[int, npt.NDArray[Any]]]:
        """Leave out shots that by the first key alone, if it is a shot's own, do not come first."""
        if 0 not in own or not len(matching):
            return matching, dict(own)
        sign = -1 if self.sorting.keys[0].descending else 1
        rising = sign * own[0].astype(np.float64)
        kept = np.ones(len(matching), bool)
        if self.place is not None:
            kept &= rising >= sign * float(self.place[0] or 0)
        if len(self._found) == self.most:
            kept &= rising <= sign * float(self._found[-1][1].place[0] or 0)
        if np.count_nonzero(kept) > self.most and self.place is None:
            kept &= rising <= np.partition(rising[kept], self.most - 1)[self.most - 1]
        return matching[kept], {n: values[kept] for n, values in own.items()}

    def _in_order(
        self, batch: Batch, matching: Places, own: Mapping[int, npt.NDArray[Any]]
    ) -> list[tuple[Steps, Found]]:
        """Find the first of the matching shots of some films, after a place."""
        sorting, place = self.sorting, self.place
        films, ordinals = batch.whose(matching)
        known, films = np.unique(films, return_inverse=True)
        ids = batch.films["film_id"][known].tolist()
        by_id = with_keys(self.connection, sorting.keys, ids)
        rows = [by_id[film_id] for film_id in ids]
        columns, at = _columns(sorting, rows, films, own, place)
        columns.append(ordinals.astype(np.float64))
        chosen = np.arange(len(matching))
        if place is not None:
            chosen = np.flatnonzero(beyond(columns, [*at, float(place[-1] or 0)]))
        chosen = chosen[first([column[chosen] for column in columns], self.most)]
        found = []
        for n in chosen.tolist():
            row, ordinal = rows[films[n]], int(ordinals[n])
            values = [
                own[number][n].item() if number in own else getattr(row, f"key_{number}")
                for number in range(len(sorting.keys))
            ]
            one = Found(row, ordinal, (*values, ordinal))
            found.append((steps(one.place, sorting.descending), one))
        return found


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
    sorting = _Sorting.of(query, order)
    conditions = [may_have_shots(query)]
    if place is not None and (alone := sorting.of_film_alone):
        conditions.append(not_before(sorting.keys[:alone], place[:alone]))
    best = _First(connection, sorting, most, place)
    films = films_with(connection, conditions)
    reader = BatchReader.of(connection, query)
    counted, settled = 0, False
    if sorting.of_film_alone and len(films) > FIRST_FILMS:
        *ahead, follows = first_films(connection, sorting.keys, conditions, FIRST_FILMS + 1)
        are_ahead = np.isin(films["film_id"], [row.id for row in ahead])
        batch = reader.batch(films[are_ahead])
        matching = np.flatnonzero(where_true(query.root, batch))
        best.add(batch, matching)
        counted, settled, films = len(matching), best.ends_before(follows), films[~are_ahead]
    for batch in () if settled and counted >= cap else reader.batches(films):
        matching = np.flatnonzero(where_true(query.root, batch))
        counted += len(matching)
        if not settled:
            best.add(batch, matching)
        elif counted >= cap:
            break
    return best.found, counted


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


def _columns(
    sorting: _Sorting,
    rows: Sequence[sa.Row[Any]],
    films: npt.NDArray[np.intp],
    own: Mapping[int, npt.NDArray[Any]],
    place: Sequence[Value] | None,
) -> tuple[list[Column], list[float]]:
    """Return the keys of shots as numbers that rise, and those of a place."""
    columns, at = [], []
    for number, key in enumerate(sorting.keys):
        other = None if place is None else place[number]
        if number in own:
            beside = column((), key.descending, other)[1]
            values = -own[number] if key.descending else own[number]
        else:
            of_films = [getattr(row, f"key_{number}") for row in rows]
            numbers, beside = column(of_films, key.descending, other)
            values = numbers[films]
        columns.append(values.astype(np.float64))
        at.append(beside)
    return columns, at
