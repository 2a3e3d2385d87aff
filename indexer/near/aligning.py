"""Where two films show the same: shots that look alike, at times that agree.

Looks alone would not do: a series has its sets, and a card of titles is in every film. Footage that
was copied, whatever became of its size, bit rate and beginning, has its cuts at the same distances.
So each pair of shots that look alike votes for the offsets at which their beginnings, and their
ends, would fall together; an offset for which enough is said is looked at cut by cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...db.records import US_PER_SECOND, Span

Times = npt.NDArray[np.int64]

# The cosine from which shots may be the same footage: nearly all of a small copy at a low bit rate
# have it, and hardly a pair of two unrelated films does (docs/similar.md).
ALIKE = 0.72
UNSEEN = -2.0
# A shot that looks like more shots of a film than this says nothing about where it is.
FEWEST = 3
# How far cuts that are the same may lie apart: a frame or two, and rounding.
APART_US = 120_000
# A stretch has so many cuts, its ends among them, that fall together beside shots that look alike.
# Three do by chance in some of a hundred pairs of films with the same sets, four hardly ever.
CUTS = 4
# So three do only where they are at the same distances to the frame (of 24 a second), beside shots
# each of which is the most like the other in its film.
FEW_CUTS = 3
FRAME_US = 42_000
# A stretch without a pair in it for longer is two.
GAP_US = 30 * US_PER_SECOND
# At least this share of the cuts in a stretch are there in both.
SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class FilmLooks:
    """A film as it is compared: its S shots' times, and directions of N looks at some of them.

    `shots (N,)` says whose each look is; shots that show little have none.
    """

    film_id: int
    starts_us: Times
    ends_us: Times
    shots: npt.NDArray[np.int64]
    directions: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reuse:
    """A stretch of one film and the same in another; `similarity` is their shots' mean cosine."""

    film_id: int
    span: Span
    other_id: int
    other_span: Span
    similarity: float
    shots: int


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of shots that look alike, `(P,)` each, and how alike all are, `(S, S')`.

    best: whether each is the most like the other. A shot without a look has UNSEEN in place of a
    cosine.
    """

    ones: npt.NDArray[np.int64]
    others: npt.NDArray[np.int64]
    best: npt.NDArray[np.bool_]
    cosines: npt.NDArray[np.float32]


def reused(one: FilmLooks, other: FilmLooks) -> list[Reuse]:
    """Return the stretches that both films show, by time; no two overlap in either film."""
    pairs = _alike(one, other)
    begins = other.starts_us[pairs.others] - one.starts_us[pairs.ones]  # (P,) offsets
    ends = other.ends_us[pairs.others] - one.ends_us[pairs.ones]
    found: list[Reuse] = []
    for offset_us in _offsets(np.concatenate([begins, ends])):
        begin = np.abs(begins - offset_us) <= APART_US
        end = np.abs(ends - offset_us) <= APART_US
        to_frame = np.abs(begins - offset_us) <= FRAME_US, np.abs(ends - offset_us) <= FRAME_US
        for run in _runs(one, pairs, np.flatnonzero(begin | end)):
            sure = run[pairs.best[run]]
            if (
                _cuts(one, pairs, run, begin, end) >= CUTS
                or _cuts(one, pairs, sure, *to_frame) >= FEW_CUTS
            ):
                stretch = _stretch(one, other, pairs, run, offset_us)
                if stretch and not any(_overlap(stretch, known) for known in found):
                    found.append(stretch)
    return sorted(found, key=lambda reuse: reuse.span)


def _cuts(
    one: FilmLooks,
    pairs: _Pairs,
    run: npt.NDArray[np.intp],
    begin: npt.NDArray[np.bool_],
    end: npt.NDArray[np.bool_],
) -> int:
    """Count the first film's cuts beside a run of pairs, of which some `begin` or `end` alike."""
    starts_us = one.starts_us[pairs.ones[run[begin[run]]]]
    return len(np.union1d(starts_us, one.ends_us[pairs.ones[run[end[run]]]]))


def _alike(one: FilmLooks, other: FilmLooks) -> _Pairs:
    """Pair shots that look alike, each with the few of the other film that it is most like."""
    cosines = np.full((len(one.starts_us), len(other.starts_us)), UNSEEN, np.float32)  # (S, S')
    if len(one.shots) and len(other.shots):
        looks = one.directions @ other.directions.T
        np.maximum.at(cosines, (one.shots[:, None], other.shots[None]), looks)
    few = _largest(cosines, FEWEST) | _largest(cosines.T, FEWEST).T
    ones, others = np.nonzero(few & (cosines >= ALIKE))
    best = _largest(cosines, 1) & _largest(cosines.T, 1).T
    return _Pairs(ones, others, best[ones, others], cosines)


def _largest(rows: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.bool_]:
    """Mark the `count` largest values of each row."""
    if rows.shape[1] <= count:
        return np.ones(rows.shape, bool)
    least = -np.partition(-rows, count - 1, axis=1)[:, count - 1 : count]
    return rows >= least


def _offsets(votes_us: Times) -> Iterator[int]:
    """Yield offsets for which as many are said as there must be cuts, most votes first."""
    votes_us = np.sort(votes_us)
    until = np.searchsorted(votes_us, votes_us + APART_US, side="right")
    counts = until - np.arange(len(votes_us))
    taken = np.zeros(len(votes_us), bool)
    for first in np.argsort(-counts, kind="stable").tolist():
        window = slice(first, until[first])
        if counts[first] >= CUTS and not taken[window].any():
            taken[window] = True
            yield int(np.median(votes_us[window]))


def _runs(
    one: FilmLooks, pairs: _Pairs, agreeing: npt.NDArray[np.intp]
) -> Iterator[npt.NDArray[np.intp]]:
    """Part pairs, in the order of the first film, where too long a time is without any."""
    if not len(agreeing):
        return
    shots = pairs.ones[agreeing]
    gaps_us = one.starts_us[shots[1:]] - one.ends_us[shots[:-1]]
    yield from np.split(agreeing, np.flatnonzero(gaps_us > GAP_US) + 1)


def _stretch(
    one: FilmLooks,
    other: FilmLooks,
    pairs: _Pairs,
    run: npt.NDArray[np.intp],
    offset_us: int,
) -> Reuse | None:
    """Return what a run of pairs spans, if the films' cuts agree in it."""
    ones, others = pairs.ones[run], pairs.others[run]
    start_us = int(max(one.starts_us[ones[0]], other.starts_us[others[0]] - offset_us))
    end_us = int(min(one.ends_us[ones[-1]], other.ends_us[others[-1]] - offset_us))
    start_us, end_us = _widened(one, other, pairs.cosines, offset_us, start_us, end_us)
    if end_us - start_us <= APART_US:
        return None
    cuts = _within(one.starts_us, start_us, end_us)
    other_cuts = _within(other.starts_us - offset_us, start_us, end_us)
    most = max(len(cuts), len(other_cuts))
    if _agreeing(cuts, other_cuts) < SHARE * most:
        return None
    return Reuse(
        one.film_id,
        Span(start_us, end_us),
        other.film_id,
        Span(start_us + offset_us, end_us + offset_us),
        float(pairs.cosines[ones, others].mean()),
        len(np.unique(ones)),
    )


def _widened(
    one: FilmLooks,
    other: FilmLooks,
    cosines: npt.NDArray[np.float32],
    offset_us: int,
    start_us: int,
    end_us: int,
) -> tuple[int, int]:
    """Reach over neighbouring shots that are cut alike, and into the last ones that look alike."""
    starts, ends = other.starts_us - offset_us, other.ends_us - offset_us

    def goes_on(n: int, m: int) -> bool:
        if cosines[n, m] != UNSEEN:
            return bool(cosines[n, m] >= ALIKE)
        edges_us = one.starts_us[n] - starts[m], one.ends_us[n] - ends[m]
        return bool(max(map(abs, edges_us)) <= APART_US)

    film_ends = min(int(one.ends_us[-1]), int(ends[-1]))
    film_starts = max(0, int(starts[0]))
    while end_us < film_ends - APART_US:
        n, m = _shot_at(one.starts_us, end_us + APART_US), _shot_at(starts, end_us + APART_US)
        if not goes_on(n, m):
            break
        end_us = int(min(one.ends_us[n], ends[m]))
    while start_us > film_starts + APART_US:
        n, m = _shot_at(one.starts_us, start_us - APART_US), _shot_at(starts, start_us - APART_US)
        if not goes_on(n, m):
            break
        start_us = int(max(one.starts_us[n], starts[m]))
    return start_us, end_us


def _shot_at(starts_us: Times, time_us: int) -> int:
    return int(np.searchsorted(starts_us, time_us, side="right")) - 1


def _within(times_us: Times, start_us: int, end_us: int) -> Times:
    return times_us[(times_us > start_us + APART_US) & (times_us < end_us - APART_US)]


def _agreeing(one: Times, other: Times) -> int:
    """Count the times that have one of the other film's beside them."""
    if not len(one) or not len(other):
        return 0
    return int((np.abs(one[:, None] - other[None]).min(axis=1) <= APART_US).sum())


def _overlap(one: Reuse, other: Reuse) -> bool:
    return any(
        a.start_us < b.end_us and b.start_us < a.end_us
        for a, b in ((one.span, other.span), (one.other_span, other.other_span))
    )
