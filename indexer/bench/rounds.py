"""The measuring itself: every contender on every film, by turns, round after round.

A machine that others use too is slow now and fast then. So nothing is compared but what ran in one
round, and a ratio comes with its spread over the rounds.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .contenders import BARE, Contender, Passed
from .measuring import Cost, measure


@dataclass(frozen=True, slots=True)
class Taken:
    """One contender's way through one film in one round."""

    film: str
    contender: str
    round: int
    cost: Cost
    passed: Passed


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle one of several values, with the least and the greatest."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise at least one value."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Row:
    """One contender on one film over all rounds.

    `to_bare` is processor time beside bare decoding's in the same round; memory is the peak of all
    rounds; `passed` is the last round's.
    """

    film: str
    contender: str
    seconds: float
    cpu_s: Spread
    wall_s: Spread
    to_bare: Spread
    own_mb: float
    child_mb: float
    passed: Passed

    @property
    def times_real_time(self) -> float:
        """How much faster than playing it, by the clock on the wall."""
        return self.seconds / self.wall_s.middle


def rounds(
    films: Sequence[Path],
    contenders: Sequence[Contender],
    count: int,
    environment: Mapping[str, str],
    tell: Callable[[Taken], None],
) -> Iterator[Taken]:
    """Measure by turns; each round begins one contender further on, so that none is always first.

    Raises WorkerError if a contender fails on a film.
    """
    for number in range(count):
        turn = number % len(contenders)
        for film in films:
            for contender in (*contenders[turn:], *contenders[:turn]):
                taken = _take(film, contender, number, environment)
                tell(taken)
                yield taken


def _take(film: Path, contender: Contender, number: int, environment: Mapping[str, str]) -> Taken:
    with tempfile.TemporaryDirectory(prefix="filmdex-bench-") as folder:
        database = Path(folder) / "library.db"
        cost, out = measure(contender.command(film, database), environment)
        passed = contender.read(film, database, out, environment)
    return Taken(film.name, contender.name, number, cost, passed)


def summary(taken: Sequence[Taken]) -> list[Row]:
    """Summarise over rounds, films and contenders in the order in which they first ran."""
    by_place = {(one.film, one.contender, one.round): one for one in taken}
    groups = dict.fromkeys((one.film, one.contender) for one in taken)
    return [
        _row([one for one in taken if (one.film, one.contender) == group], by_place)
        for group in groups
    ]


def _row(group: Sequence[Taken], by_place: Mapping[tuple[str, str, int], Taken]) -> Row:
    last = group[-1]
    bare = [by_place[one.film, BARE, one.round] for one in group]
    ratios = [one.cost.cpu_s / base.cost.cpu_s for one, base in zip(group, bare, strict=True)]
    return Row(
        film=last.film,
        contender=last.contender,
        seconds=bare[-1].passed.seconds,
        cpu_s=Spread.of([one.cost.cpu_s for one in group]),
        wall_s=Spread.of([one.cost.wall_s for one in group]),
        to_bare=Spread.of(ratios),
        own_mb=max(one.cost.own_mb for one in group),
        child_mb=max(one.cost.child_mb for one in group),
        passed=last.passed,
    )
