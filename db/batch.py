"""Some thousand films' shots as arrays: what is kept of them of each tag that a query speaks of.

The shots of K films lie one after the other, film by film, S in all. What is said of a film or of
its stretches is asked of the database before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .blocks import Films, Halves, Numbers, places, stretches
from .query_nodes import FilmLeaf, Found, ReviewLeaf
from .query_terms import Comparison
from .vectors import HALF, bits_from

Truths = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
# From places `(N,)` among the S shots to when these begin and end, `(2, N)`.
Times = Callable[[Places], Places]
# To look a shot up takes as long as to write down so many.
_FEW = 32
# A sum of halves may be reached although its share, rounded, is not.
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class TagColumn:
    """What is kept of one tag: of so many shots of each film, which, and how probably.

    starts: where each film's shots begin among the S, `(K,)`. sizes: how many are kept of each,
    `(K,)`; their `ordinals` and `probabilities`, `(N,)`. least: from which bits on the tag is
    present in a film's shot, `(K,)`; reported: whether the film's model reports it, `(K,)`.
    """

    starts: Places
    sizes: Places
    ordinals: Numbers
    probabilities: Halves
    least: npt.NDArray[np.uint16]
    reported: Truths

    @cached_property
    def places(self) -> Places:
        """Where the shots lie among the S, rising: `(N,)`."""
        return places(self.starts, self.sizes, self.ordinals)

    def places_where(self, held: Truths) -> Places:
        """Return where those of the shots lie that are `held`, `(N,)`."""
        chosen = np.flatnonzero(held)
        ends = np.searchsorted(chosen, np.cumsum(self.sizes))
        return places(self.starts, np.diff(ends, prepend=0), self.ordinals[chosen])

    @property
    def present(self) -> Truths:
        """Whether the tag is present, by the threshold of each film's model: `(N,)`."""
        alike = (self.least == self.least[:1]).all()
        return self._bits >= (self.least[:1] if alike else np.repeat(self.least, self.sizes))

    def holds(self, upward: Comparison, number: float) -> Truths:
        """Tell of which probabilities a comparison holds that is not downward: `(N,)`."""
        at_least, over = bits_from(number), bits_from(number, beyond=True)
        match upward:
            case Comparison.AT_LEAST:
                return self._bits >= at_least
            case Comparison.OVER:
                return self._bits >= over
            case _:
                return (self._bits >= at_least) & (self._bits < over)

    def only(self, films: Places, starts: Places) -> "TagColumn":
        """Leave some of the films, whose shots begin at `starts` then."""
        sizes = self.sizes[films]
        kept = stretches(np.cumsum(self.sizes)[films] - sizes, sizes)
        columns = self.ordinals[kept], self.probabilities[kept]
        return TagColumn(starts, sizes, *columns, self.least[films], self.reported[films])

    def at(self, places: Places, shots: int) -> Halves:
        """Return what is kept of some of the S shots, 0 where nothing is."""
        if not len(self.ordinals) or len(places) * _FEW > len(self.ordinals):
            values = np.zeros(shots, HALF)
            values[self.places] = self.probabilities
            return values[places]
        found = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        return np.where(self.places[found] == places, self.probabilities[found], HALF.type(0))

    @property
    def _bits(self) -> npt.NDArray[np.uint16]:
        return self.probabilities.view(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """K `films` of blocks.FILM by id, and what is kept of their S shots of each tag by name.

    film_truths: for each leaf that speaks of films 1, 0 or -1 (unknown), `(K,)`. said: for each
    leaf that speaks of stretches of films the shots that have a part of one, `(S,)`. unseen: which
    shots were not looked at; times_us: when some begin and end; both asked only where it matters.
    """

    films: Films
    unseen: Callable[[], Places]
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

    def may_reach(self, names: Sequence[str], least: float, among: Truths | None = None) -> Places:
        """Name the shots, `among` some `(S,)`, whose score may be at or over a number, rising.

        One of the tags has at least its share of it.
        """
        share = least / len(names) * (1 - _SLACK)
        may = np.zeros(self.shots, bool)
        for column in (self.tags[name] for name in names):
            may[column.places_where(column.holds(Comparison.AT_LEAST, share))] = True
        return np.flatnonzero(may if among is None else np.logical_and(may, among, out=may))

    def reaching(self, names: Sequence[str], least: float) -> "Batch":
        """Leave the films that have a shot whose score is at or over a number."""
        places = self.may_reach(names, least)
        reached = places[self.score(names, places) >= least]
        return self.only(np.unique(self.whose(reached)[0]))

    def only(self, films: Places) -> "Batch":
        """Leave some of the films, by rising numbers from 0."""
        sizes = self.counts[films]
        shots = stretches(np.cumsum(self.counts)[films] - sizes, sizes)
        starts = np.cumsum(sizes) - sizes
        return Batch(
            self.films[films],
            lambda: np.flatnonzero(np.isin(shots, self.unseen())),
            {name: column.only(films, starts) for name, column in self.tags.items()},
            {leaf: truths[films] for leaf, truths in self.film_truths.items()},
            {leaf: said[shots] for leaf, said in self.said.items()},
            lambda places: self.times_us(shots[places]),
        )
