"""How much a policy misses: a stratified sample of what it left alone, looked at by people.

The shots that no rule applies to are dealt into strata by how near they came: the highest ratio of
a probability to its threshold over the policy's tags. From each stratum the same number is drawn,
at random, so that few looks are spent where nothing is to be expected and enough where something
may be. The share of misses is the strata's shares weighted by their sizes (Cochran, "Sampling
Techniques", 3rd ed. 1977, section 5.3). Its bounds are the weighted sums of each stratum's exact
bounds (Clopper and Pearson, 1934; `binomial.py`), each at a confidence that leaves the whole at the
one asked for, however the strata depend on each other (Bonferroni): they hold at least as often as
they say, and are rather wide than wrong.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...db.records import Shot, Span
from .binomial import lower_bound, upper_bound
from .expansion import TagRule
from .verdict import Verdict, exempt

# Ratios of probability to threshold at which a new stratum begins.
STRATA = (0.0, 0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Unflagged:
    """A shot that no rule applies to, and how near it came to one."""

    film_id: int
    fingerprint: str
    span: Span
    nearness: float

    @property
    def stratum(self) -> int:
        """Which stratum it belongs to, from 0."""
        return sum(self.nearness >= edge for edge in STRATA) - 1


def unflagged(
    verdict: Verdict, shots: Sequence[Shot], rules: Sequence[TagRule]
) -> Iterable[Unflagged]:
    """Yield the shots of a film that were looked at and in which the policy found nothing."""
    applied = [rule for rule in rules if not exempt(rule.rule, verdict.film)]
    flagged = [found.span for found in verdict.spans]
    for shot in shots:
        span = shot.span
        touched = any(f.start_us < span.end_us and span.start_us < f.end_us for f in flagged)
        if touched or shot.probabilities is None or not applied:
            continue
        ratios = [shot.probabilities[rule.column] / rule.threshold for rule in applied]
        yield Unflagged(verdict.film.film_id, verdict.film.fingerprint, span, max(ratios))


def draw(shots: Iterable[Unflagged], size: int, seed: int) -> tuple[list[Unflagged], list[int]]:
    """Draw up to `size` shots, as evenly from the strata as they allow; with the strata's sizes.

    The same shots, size and seed give the same draw, in whatever order the shots come.
    """
    strata: list[list[Unflagged]] = [[] for _ in STRATA]
    for shot in shots:
        strata[shot.stratum].append(shot)
    rng = random.Random(seed)  # noqa: S311  a draw that can be repeated, not a secret
    drawn: list[Unflagged] = []
    left, open_strata = size, sorted(range(len(strata)), key=lambda n: len(strata[n]))
    for done, number in enumerate(open_strata):
        members = sorted(strata[number], key=lambda shot: (shot.fingerprint, shot.span))
        share = min(len(members), left // (len(strata) - done))
        drawn += rng.sample(members, share)
        left -= share
    return drawn, [len(members) for members in strata]


@dataclass(frozen=True, slots=True)
class Counted:
    """One stratum: its shots, how many were looked at, and how many of those are misses."""

    shots: int
    looked_at: int
    misses: int

    def __post_init__(self) -> None:
        if not 0 <= self.misses <= self.looked_at <= self.shots:
            raise ValueError(f"no such stratum: {self}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share of unflagged shots that should have been flagged, between two bounds."""

    rate: float
    lower: float
    upper: float
    confidence: float
    strata: tuple[Counted, ...]

    @property
    def shots(self) -> int:
        """How many shots the share is of."""
        return sum(stratum.shots for stratum in self.strata)


def estimate(strata: Sequence[Counted], confidence: float) -> Estimate:
    """Estimate the miss rate. A stratum that was looked at whole is known, not estimated.

    Raises ValueError if a stratum has shots and none was looked at.
    """
    known = [stratum for stratum in strata if stratum.shots]
    if any(not stratum.looked_at for stratum in known):
        raise ValueError("a stratum of which not one shot was looked at")
    total = sum(stratum.shots for stratum in known) or 1
    guessed = sum(stratum.looked_at < stratum.shots for stratum in known)
    # Two bounds for each stratum that is guessed share what may go wrong.
    each = 1 - (1 - confidence) / max(1, 2 * guessed)
    rate = lower = upper = 0.0
    for stratum in known:
        weight = stratum.shots / total
        share = stratum.misses / stratum.looked_at
        rate += weight * share
        whole = stratum.looked_at == stratum.shots
        lower += weight * (share if whole else lower_bound(stratum.misses, stratum.looked_at, each))
        upper += weight * (share if whole else upper_bound(stratum.misses, stratum.looked_at, each))
    return Estimate(rate, lower, min(1.0, upper), confidence, tuple(strata))
