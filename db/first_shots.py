"""Which shots come first in an order, of ever more that are seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from .batch import Batch, Places, Truths
from .cursors import Value
from .films_in_order import with_keys
from .ordering import ByFact, Fact, Order
from .ordering_sql import Key, shot_keys
from .places_in_order import Column, Steps, beyond, column, first, steps
from .query import Query, wanted_tags

# Of more shots than these it is worth finding out first which may have the score that is needed.
_MANY = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A shot that was found, and its place in the order."""

    film: sa.Row[Any]
    ordinal: int
    place: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Sorting:
    """An order of shots: its keys in SQL, and which of them stand for a shot's score or time.

    The last two keys are the film's title and id; a shot's place has its ordinal after them.
    """

    keys: tuple[Key, ...]
    scores: tuple[int, ...]
    times: tuple[int, ...]
    wanted: tuple[str, ...]

    @classmethod
    def of(cls, query: Query, order: Order) -> "Sorting":
        """Make it of a query, whose wanted tags make the score, and an order."""
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
        """The direction of each value of a place."""
        return (*(key.descending for key in self.keys), False)

    @property
    def best_first(self) -> bool:
        """Whether the shots of the highest score come first."""
        return self.scores[:1] == (0,) and self.keys[0].descending

    @property
    def of_film_alone(self) -> int:
        """So many of the first keys are the same for all shots of a film."""
        return min((*self.scores, *self.times), default=len(self.keys))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Shots by their films' ids and their ordinals, `(N,)`, and their own keys by number."""

    film_ids: Places
    ordinals: Places
    own: Mapping[int, npt.NDArray[Any]]

    def only(self, kept: npt.NDArray[Any]) -> "_Seen":
        own = {number: values[kept] for number, values in self.own.items()}
        return _Seen(self.film_ids[kept], self.ordinals[kept], own)

    def and_these(self, other: "_Seen") -> "_Seen":
        return _Seen(
            np.concatenate([self.film_ids, other.film_ids]),
            np.concatenate([self.ordinals, other.ordinals]),
            {n: np.concatenate([values, other.own[n]]) for n, values in self.own.items()},
        )


@dataclass(slots=True, eq=False)
class FirstShots:
    """The `most` shots that come first, or first after a place, of those seen so far.

    What films say in the order is only read of those that the first key has left.
    """

    connection: sa.Connection
    sorting: Sorting
    most: int
    place: Sequence[Value] | None
    _found: list[tuple[Steps, Found]] = field(default_factory=list)
    _seen: _Seen | None = None
    # The first key of the last of these, as a number that rises, once there are enough.
    _last: float = np.inf

    def found(self) -> tuple[Found, ...]:
        """Return the shots, in order."""
        if self._seen is not None:
            new = self._in_order(self._seen)
            self._found = sorted([*self._found, *new], key=lambda pair: pair[0])[: self.most]
            self._seen = None
        return tuple(one for _, one in self._found)

    def end_before(self, row: sa.Row[Any]) -> bool:
        """Tell whether no shot of a film, or of those that come after it, can be among these."""
        if len(self.found()) < self.most:
            return False
        keys = [getattr(row, f"key_{n}") for n in range(len(self.sorting.keys))]
        by = len(keys)
        return steps(keys, self.sorting.descending[:by]) > self._found[-1][0][:by]

    def narrowed(self, batch: Batch) -> Batch:
        """Leave films out none of whose shots can be among these, whatever the query says."""
        if not self.sorting.best_first or self._last == np.inf:
            return batch
        return batch.reaching(self.sorting.wanted, -self._last)

    def add(self, batch: Batch, truth: Truths) -> None:
        """See some more films' shots, those of which the query is true, `(S,)`."""
        sorting, own = self.sorting, dict[int, npt.NDArray[Any]]()
        many = np.count_nonzero(truth) > _MANY
        if many and self._last < np.inf and sorting.best_first:
            matching = batch.may_reach(sorting.wanted, -self._last, truth)
        else:
            matching = np.flatnonzero(truth)
        if sorting.scores:
            own = dict.fromkeys(sorting.scores, batch.score(sorting.wanted, matching))
        if sorting.times:
            own |= dict.fromkeys(sorting.times, batch.times_us(matching)[0])
        if 0 in own:
            kept = self._may_be_first(own[0])
            matching, own = matching[kept], {n: values[kept] for n, values in own.items()}
        films, ordinals = batch.whose(matching)
        new = _Seen(batch.films["film_id"][films], ordinals, own)
        seen = new if self._seen is None else self._seen.and_these(new)
        self._seen = seen.only(self._may_be_first(seen.own[0])) if 0 in own else seen

    def _may_be_first(self, keys: npt.NDArray[Any]) -> Truths:
        """Tell which shots may come first, as far as their first keys say."""
        sign = -1 if self.sorting.keys[0].descending else 1
        rising = sign * keys.astype(np.float64)
        at = -np.inf if self.place is None else sign * float(self.place[0] or 0)
        # Those at the place itself may come before it: they are no measure of the others.
        after = rising[rising > at]
        if len(after) >= self.most:
            self._last = min(self._last, float(np.partition(after, self.most - 1)[self.most - 1]))
        return (rising >= at) & (rising <= self._last)

    def _in_order(self, seen: _Seen) -> list[tuple[Steps, Found]]:
        """Find the first of some shots, after a place."""
        sorting, place, own = self.sorting, self.place, seen.own
        ids, films = np.unique(seen.film_ids, return_inverse=True)
        by_id = with_keys(self.connection, sorting.keys, ids.tolist())
        rows = [by_id[film_id] for film_id in ids.tolist()]
        columns, at = _columns(sorting, rows, films, own, place)
        columns.append(seen.ordinals.astype(np.float64))
        chosen = np.arange(len(films))
        if place is not None:
            chosen = np.flatnonzero(beyond(columns, [*at, float(place[-1] or 0)]))
        chosen = chosen[first([column[chosen] for column in columns], self.most)]
        found = []
        for n in chosen.tolist():
            row, ordinal = rows[films[n]], int(seen.ordinals[n])
            values = [
                own[number][n].item() if number in own else getattr(row, f"key_{number}")
                for number in range(len(sorting.keys))
            ]
            one = Found(row, ordinal, (*values, ordinal))
            found.append((steps(one.place, sorting.descending), one))
        return found


def _columns(
    sorting: Sorting,
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
