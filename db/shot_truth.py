"""A query's tree as arrays: which of many films' shots it is true of, all of them at once.

The shots of a batch of films lie one after the other, film by film, S in all. As in query_sql.py,
a node is asked either where it is *true* or where it is *false*; what is unknown is in neither.
What is said of a film is asked of the database before, for each film of the batch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .blocks import Films, Halves
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
from .query_terms import Comparison
from .vectors import HALF, bits_from

Truths = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
# To look a shot up takes as long as to write down so many.
_FEW = 8
# From places `(N,)` among the S shots to when these begin and end, `(2, N)`.
Times = Callable[[Places], Places]


@dataclass(frozen=True, slots=True, eq=False)
class TagColumn:
    """What is kept of one tag: at which `places` `(N,)` among the S shots, and how probably.

    present: at or over the tag's threshold; reported: `(K,)`, of which films' models report it.
    """

    places: Places
    probabilities: Halves
    present: Truths
    reported: Truths

    def holds(self, upward: Comparison, number: float) -> Truths:
        """Tell of which probabilities a comparison holds that is not downward."""
        bits = self.probabilities.view(np.uint16)
        at_least, over = bits_from(number), bits_from(number, beyond=True)
        match upward:
            case Comparison.AT_LEAST:
                return bits >= at_least
            case Comparison.OVER:
                return bits >= over
            case _:
                return (bits >= at_least) & (bits < over)

    def at(self, places: Places, shots: int) -> Halves:
        """Return what is kept of some of the S shots, 0 where nothing is."""
        if not len(self.places) or len(places) * _FEW > len(self.places):
            values = np.zeros(shots, HALF)
            values[self.places] = self.probabilities
            return values[places]
        found = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        return np.where(self.places[found] == places, self.probabilities[found], HALF.type(0))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """K `films` of blocks.FILM by id, and what is kept of their S shots of each tag by name.

    looked_at: which shots were, `(S,)`, asked only where that matters.

    film_truths: for each leaf that speaks of films 1, 0 or -1 (unknown), `(K,)`. said: for each
    leaf that speaks of stretches of films the shots that have a part of one, `(S,)`. times_us:
    asked only of the shots whose times matter.
    """

    films: Films
    looked_at: Callable[[], Truths]
    tags: Mapping[str, TagColumn]
    film_truths: Mapping[FilmLeaf, npt.NDArray[np.int8]]
    said: Mapping[ReviewLeaf | Found, Truths]
    times_us: Times

    @property
    def shots(self) -> int:
        """Say how many shots there are: S."""
        return int(self.films["shots"].sum(dtype=np.int64))

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Say how many shots each film has: `(K,)`."""
        return self.films["shots"].astype(np.int64)

    def whose(self, places: Places) -> tuple[Places, Places]:
        """Name for some of the S shots their films, from 0, and their ordinals within these."""
        counts = self.counts
        ends = np.cumsum(counts)
        films = np.searchsorted(ends, places, side="right")
        return films, places - (ends - counts)[films]

    def score(self, names: Sequence[str], places: Places) -> npt.NDArray[np.float64]:
        """Add up the kept probabilities of some tags, exactly, for some of the S shots."""
        total, shots = np.zeros(len(places)), self.shots
        for name in names:
            total += self.tags[name].at(places, shots)
        return total


def where_true(node: Node, batch: Batch) -> Truths:
    """Tell which shots the node is true of: `(S,)`, the caller's own."""
    return _where(node, True, batch)


def _where(node: Node, wanted: bool, batch: Batch) -> Truths:
    match node:
        case Not(part):
            return _where(part, not wanted, batch)
        case And(parts) | Or(parts):
            join = np.logical_and if isinstance(node, And) == wanted else np.logical_or
            result = _where(parts[0], wanted, batch)
            for part in parts[1:]:
                result = join(result, _where(part, wanted, batch), out=result)
            return result
        case Then():
            ends = where_ending(node, batch, surely=wanted)
            return ends if wanted else ~ends
        case _:
            return _leaf(node, wanted, batch)


def where_ending(node: Then, batch: Batch, *, surely: bool) -> Truths:
    """Tell which shots end such a sequence: `(S,)`.

    surely: where both parts are true; else where neither is false, so that it may be.
    """
    before = _latest_first(node, batch, surely=surely)
    ends = _holds(node.second, batch, surely=surely) & (before >= 0)
    if node.within_us is not None:
        places = np.flatnonzero(ends)
        ends[places] = _since(places, before, batch) <= node.within_us
    return ends


def gaps_us(node: Then, batch: Batch) -> npt.NDArray[np.int64]:
    """Say how long after the nearest first shot each shot begins that ends a sequence: `(S,)`.

    -1 for those that end none.
    """
    places = np.flatnonzero(where_ending(node, batch, surely=True))
    gaps = np.full(batch.shots, -1, np.int64)
    gaps[places] = _since(places, _latest_first(node, batch, surely=True), batch)
    return gaps


def _latest_first(node: Then, batch: Batch, *, surely: bool) -> npt.NDArray[np.int64]:
    """Name the latest shot before each shot of the same film that the first part is true of.

    `(S,)`; -1 if there is none.
    """
    places = np.arange(batch.shots)
    latest = np.maximum.accumulate(np.where(_holds(node.first, batch, surely=surely), places, -1))
    before = np.concatenate([np.array([-1], np.int64), latest])[: len(places)]
    counts = batch.counts
    starts = np.cumsum(counts) - counts
    return np.where(before >= np.repeat(starts, counts), before, -1)


def _since(places: Places, before: Places, batch: Batch) -> Places:
    begins_us, _ = batch.times_us(places)
    _, ends_us = batch.times_us(before[places])
    since: Places = begins_us - ends_us
    return since


def _holds(node: Node, batch: Batch, *, surely: bool) -> Truths:
    return _where(node, True, batch) if surely else ~_where(node, False, batch)


def _leaf(node: Leaf, wanted: bool, batch: Batch) -> Truths:
    match node:
        case Present(name):
            return _has(name, batch.tags[name].present, wanted, batch)
        case Probability(name, comparison, number):
            # What is kept are high probabilities, so ask for those and say the opposite.
            upward = comparison.opposite if comparison.downward else comparison
            held = batch.tags[name].holds(upward, number)
            return _has(name, held, wanted != comparison.downward, batch)
        case Reviewed() | ReviewedTag() | ReviewedBy() | Found():
            return batch.said[node].copy() if wanted else ~batch.said[node]
        case _:
            of_films = batch.film_truths[node] == (1 if wanted else 0)
            return np.repeat(of_films, batch.counts)


def _has(name: str, held: Truths, wanted: bool, batch: Batch) -> Truths:
    """Say which shots have the tag so, or (not `wanted`) surely have not.

    Surely: the shot was looked at, and by a model that reports the tag.
    """
    column = batch.tags[name]
    has = np.zeros(batch.shots, bool)
    has[column.places] = held
    if wanted:
        return has
    np.logical_not(has, out=has)
    has &= batch.looked_at()
    return has if column.reported.all() else has & np.repeat(column.reported, batch.counts)
