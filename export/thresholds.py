"""Where a tag begins to be present in a shot, and when a film has it.

Everything here is chosen on pictures held out from the head, never on labelled films.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..indexer.card import PresentLimits

Column = npt.NDArray[np.float64]
Labels = npt.NDArray[np.float32]

# The thresholds that are tried: from the floor under which search keeps no rows; over 0.9 nothing
# held out says how it goes on.
CANDIDATES = np.round(np.arange(0.05, 0.901, 0.01), 2)

# The recalls whose thresholds the card tells, for policies that say how much they want to find.
RECALLS = (0.5, 0.8, 0.9, 0.95, 0.98)

# A film has a tag for a reason that is seen more than once: two shots of usual length.
SECONDS = 5.0
LEAST_COVERAGE = 0.02
# How far over its chance a tag's coverage must be.
TIMES_FALSE_ALARMS = 3.0
PEAK_PRECISION = 0.8


@dataclass(frozen=True, slots=True)
class Operating:
    """A threshold and what it does on held-out pictures."""

    threshold: float
    precision: float
    recall: float
    false_alarms: float

    @classmethod
    def at(cls, threshold: float, probabilities: Column, labels: Labels) -> "Operating":
        """Count what `threshold` takes; `false_alarms` is the share of pictures without the tag."""
        taken, shown = probabilities >= threshold, labels > 0
        hits = float((taken & shown).sum())
        return cls(
            threshold=threshold,
            precision=hits / max(float(taken.sum()), 1.0),
            recall=hits / max(float(shown.sum()), 1.0),
            false_alarms=float((taken & ~shown).sum()) / max(float((~shown).sum()), 1.0),
        )

    def f_beta(self, beta: float) -> float:
        """Return the mean of precision and recall in which recall weighs `beta` times as much.

        van Rijsbergen, "Information Retrieval", 2nd edition, 1979, chapter 7.
        """
        square = beta * beta
        together = square * self.precision + self.recall
        return (1 + square) * self.precision * self.recall / together if together else 0.0


@dataclass(frozen=True, slots=True)
class BestF:
    """The rule that takes the threshold with the best F-beta.

    beta: how many times as much a missed shot weighs as a look at a wrong one; 2 suits a moderator.
    """

    beta: float = 2.0

    def __post_init__(self) -> None:
        if self.beta <= 0:
            raise ValueError(f"beta {self.beta}: must be over 0")


def as_stored(probabilities: npt.NDArray[np.floating]) -> Column:
    """Round to float16, in which probabilities are stored and compared."""
    return probabilities.astype(np.float16).astype(np.float64)


def best_f(rule: BestF, probabilities: Column, labels: Labels) -> Operating:
    """Return the best candidate by a rule on stored probabilities `(N,)`; the first of equals."""
    return max(
        (Operating.at(float(at), probabilities, labels) for at in CANDIDATES),
        key=lambda operating: operating.f_beta(rule.beta),
    )


def at_recalls(probabilities: Column, labels: Labels) -> tuple[Operating, ...]:
    """Return for each of RECALLS the highest threshold that takes at least that share.

    Of the pictures with the tag; probabilities `(N,)` as stored. A threshold that would be 0, and
    so take everything, is left out.
    """
    found = []
    shown = np.sort(probabilities[labels > 0])
    for recall in RECALLS:
        taken = math.ceil(round(recall * len(shown), 9))
        threshold = float(shown[len(shown) - taken])
        if threshold > 0:
            found.append(Operating.at(threshold, probabilities, labels))
    return tuple(found)


def present_limits(
    probabilities: Column, labels: Labels, chosen: Operating, styles: npt.NDArray[np.generic]
) -> PresentLimits:
    """Say when a film has a tag, from what false alarms alone would look like.

    The coverage must be three times what false alarms make of a film without the tag. A film is
    drawn or photographed throughout, so false alarms are counted within each of `styles`, `(N,)`,
    and the worst count. The peak is where four of five held-out pictures are right, or the most
    that any candidate reaches.
    """
    alarms = (
        Operating.at(chosen.threshold, probabilities[of], labels[of]).false_alarms
        for of in (styles == style for style in np.unique(styles))
    )
    coverage = min(max(LEAST_COVERAGE, TIMES_FALSE_ALARMS * max(alarms)), 1.0)
    sure = [
        at
        for at in CANDIDATES
        if at >= chosen.threshold
        and Operating.at(float(at), probabilities, labels).precision >= PEAK_PRECISION
    ]
    peak = float(sure[0]) if sure else float(CANDIDATES[-1])
    return PresentLimits(seconds=SECONDS, coverage=round(coverage, 3), peak=peak)
