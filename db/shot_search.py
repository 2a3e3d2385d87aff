"""Finding shots film by film: those films first that may hold what comes first in the order.

A film knows its tags' peaks, so how early any of its shots can come is known without reading them.
Films are read in that order until no other can add to the page. An index of all shots' tags by
probability would answer the same, for more bytes than everything else that is kept of a shot.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from .cursors import Value
from .films_in_order import Arrangement
from .ordering import ByFact, Fact, Order
from .ordering_sql import Key, not_before, shot_keys
from .places_in_order import Column, Steps, beyond, column, first, steps
from .query import Query, wanted_tags
from .records import Span
from .shot_batches import Candidates, batches, unread
from .shot_truth import where_true
from .tables import shot


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
    def best_first(self) -> bool:
        return self.scores[:1] == (0,) and self.keys[0].descending

    @property
    def arrangement(self) -> Arrangement:
        """Of films: by their peaks alone where the best shots come first, else by all keys."""
        if self.best_first:
            return Arrangement(peaks_of=self.wanted)
        return Arrangement(columns=tuple(key.ordered for key in self.keys))

    @property
    def arranged_by(self) -> int:
        """By so many of the first keys films are arranged."""
        return 1 if self.best_first else len(self.keys)

    @property
    def of_film_alone(self) -> int:
        """So many of the first keys are the same for all shots of a film."""
        return min((*self.scores, *self.times), default=len(self.keys))


def places_of(query: Query, order: Order) -> int:
    """Say how many values a place in this order has."""
    return len(_Sorting.of(query, order).keys) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Shots:
    """The shots that come first, and how many there are in the films that were looked into.

    all_films: whether these were all that may have any.
    """

    first: tuple[Found, ...]
    count: int
    all_films: bool


def first_shots(
    connection: sa.Connection,
    query: Query,
    order: Order,
    most: int,
    place: Sequence[Value] | None = None,
    cap: int = 0,
    films_counted: int = 0,
) -> Shots:
    """Find the shots that come first, or first after a place: `most` of them at most.

    Once these are settled, the rest is only counted: until there are `cap`, or in so many films.
    Films before a place are not counted.
    """
    sorting = _Sorting.of(query, order)
    bounds = [key.value.label(f"key_{n}") for n, key in enumerate(sorting.keys)]
    of_films = [one for n, one in enumerate(bounds) if n not in (*sorting.scores, *sorting.times)]
    conditions = []
    if place is not None and (alone := sorting.of_film_alone):
        conditions = [not_before(sorting.keys[:alone], place[:alone])]
    found: list[tuple[Steps, Found]] = []
    counted, films, settled = 0, 0, False
    for some in unread(connection, query, of_films, bounds, sorting.arrangement, *conditions):
        settled = settled or (
            len(found) == most and _comes_after(some.first, found[-1][0], sorting)
        )
        if settled and (counted >= cap or films >= films_counted):
            return Shots(tuple(one for _, one in found), counted, all_films=False)
        candidates = some.read()
        films += len(candidates.films)
        matching = np.flatnonzero(where_true(query.root, candidates.shots))
        counted += len(matching)
        if not settled:
            new = _first_of(connection, sorting, candidates, matching, most, place)
            found = sorted([*found, *new], key=lambda pair: pair[0])[:most]
    return Shots(tuple(one for _, one in found), counted, all_films=True)


def _comes_after(row: sa.Row[Any], last: Steps, sorting: _Sorting) -> bool:
    """Tell whether no shot of a film, or of those after it, can come before or at a place."""
    by = sorting.arranged_by
    return steps(row[:by], sorting.descending[:by]) > last[:by]


def count(connection: sa.Connection, query: Query, cap: int) -> int:
    """Count the shots that the query is true of, until there are more than `cap`."""
    counted = 0
    for some in batches(connection, query):
        counted += int(where_true(query.root, some.shots).sum())
        if counted > cap:
            break
    return counted


def all_shots(connection: sa.Connection, query: Query) -> Iterator[tuple[int, Span]]:
    """Yield films with the spans of all shots that the query is true of, in no order."""
    columns = sa.select(shot.c.ordinal, shot.c.start_us, shot.c.end_us)
    for some in batches(connection, query):
        matching = np.flatnonzero(where_true(query.root, some.shots))
        films, ordinals = some.shots.whose(matching)
        for at in np.unique(films).tolist():
            row, those = some.films[at], set(ordinals[films == at].tolist())
            of_run = columns.where(shot.c.run_id == row.run_id)
            for one in connection.execute(of_run):
                if one.ordinal in those:
                    yield row.id, Span(one.start_us, one.end_us)


def _first_of(
    connection: sa.Connection,
    sorting: _Sorting,
    some: Candidates,
    matching: npt.NDArray[np.int64],
    most: int,
    place: Sequence[Value] | None,
) -> list[tuple[Steps, Found]]:
    """Find the first of the matching shots of some films, after a place."""
    films, ordinals = some.shots.whose(matching)
    own: dict[int, npt.NDArray[Any]] = {}
    if sorting.scores:
        own |= dict.fromkeys(sorting.scores, some.shots.score(sorting.wanted)[matching])
    if sorting.times:
        own |= dict.fromkeys(sorting.times, _times(connection, some, films, ordinals))
    columns, at = _columns(sorting, some.films, films, own, place)
    columns.append(ordinals.astype(np.float64))
    chosen = np.arange(len(matching))
    if place is not None:
        chosen = np.flatnonzero(beyond(columns, [*at, float(place[-1] or 0)]))
    chosen = chosen[first([column[chosen] for column in columns], most)]
    found = []
    for n in chosen.tolist():
        row, ordinal = some.films[films[n]], int(ordinals[n])
        values = [
            own[number][n].item() if number in own else getattr(row, f"key_{number}")
            for number in range(len(sorting.keys))
        ]
        one = Found(row, ordinal, (*values, ordinal))
        found.append((steps(one.place, sorting.descending), one))
    return found


def _columns(
    sorting: _Sorting,
    rows: Sequence[sa.Row[Any]],
    films: npt.NDArray[np.int64],
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


def _times(
    connection: sa.Connection,
    some: Candidates,
    films: npt.NDArray[np.int64],
    ordinals: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Read when shots begin."""
    times = np.zeros(len(films), np.int64)
    for n in np.unique(films).tolist():
        run_id = some.films[n].run_id
        begins = sa.select(shot.c.start_us).where(shot.c.run_id == run_id).order_by(shot.c.ordinal)
        of_film = films == n
        times[of_film] = np.array(connection.scalars(begins).all())[ordinals[of_film]]
    return times
