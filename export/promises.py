"""Thresholds that keep a promise: with confidence C, at most a share A of true shots is missed.

Let p(1) <= ... <= p(n) be the probabilities of n pictures that show the tag. With the threshold at
p(k), the share of future positives under it is over A with probability at most P(Bin(n, A) < k),
whatever their distribution (Wilks, "Determination of Sample Sizes for Setting Tolerance Limits",
Annals of Mathematical Statistics 12, 1941; equal values only help: Scheffe and Tukey, 1945). So the
highest k with P(Bin(n, A) < k) <= 1 - C keeps the promise. k depends on n, A and C alone: nothing
was looked at before choosing, and no correction for having chosen is due, as in the order
statistics of Neyman-Pearson classification (Tong, Feng and Li, "Neyman-Pearson classification
algorithms and NP receiver operating characteristics", Science Advances 4, 2018). It is also where
the upper bound of Clopper and Pearson (Biometrika 26, 1934) on k - 1 misses of n is A or less.

What is promised holds for shots that are like these pictures, drawn one independently of the other.
Pictures of one source are alike, so that n pictures know less than n: the number of sources is
reported beside the promise, and with few of them it is worth less than it says. A calibration that
rises, fitted to the same pictures, changes nothing, since it moves no picture past another.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from ..db.errors import ModelError
from ..indexer.moderation.binomial import upper_bound

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `miss_rate` of the true shots are missed, with `confidence`."""

    miss_rate: float
    confidence: float

    def __post_init__(self) -> None:
        for what, share in (("miss rate", self.miss_rate), ("confidence", self.confidence)):
            if not 0 < share < 1:
                raise ValueError(f"{what} {share}: must be over 0 and under 1")

    @property
    def positives_needed(self) -> int:
        """The fewest pictures with the tag that it can be given on."""
        return int(np.ceil(np.log1p(-self.confidence) / np.log1p(-self.miss_rate)))

    def rank(self, positives: int) -> int:
        """Return the highest k such that the k-th lowest of the positives keeps it, 0 if none."""
        ranks = np.arange(1, positives + 1)
        kept = binom.cdf(ranks - 1, positives, self.miss_rate) <= 1 - self.confidence
        return int(kept.sum())


@dataclass(frozen=True, slots=True)
class Kept:
    """A threshold that keeps a promise, and what it was chosen on.

    `misses` of `positives` pictures, from `sources` sources, are under it; `miss_bound` is the
    Clopper-Pearson upper bound on the share that is missed, at the promise's confidence.
    """

    threshold: float
    promise: Promise
    positives: int
    sources: int
    misses: int
    miss_bound: float


def keep(
    promise: Promise, tag: str, probabilities: Column, labels: Column, sources: tuple[str, ...]
) -> Kept:
    """Return the highest threshold that keeps a promise for one tag.

    probabilities: `(N,)` of held-out pictures, as stored, since that is what is compared; labels:
    `(N,)` of 0 and 1, all settled. A shot is taken from the threshold on.
    Raises ModelError if there are too few positives, saying how many it takes.
    """
    shown = labels > 0
    positives = np.sort(probabilities[shown])
    rank = promise.rank(len(positives))
    if not rank:
        raise ModelError(
            f"{tag}: {len(positives)} pictures cannot show with {promise.confidence * 100:g} % "
            f"confidence that at most {promise.miss_rate * 100:g} % are missed; "
            f"{promise.positives_needed} are needed: add pictures, or promise less"
        )
    threshold = float(positives[rank - 1])
    misses = int((positives < threshold).sum())
    return Kept(
        threshold=threshold,
        promise=promise,
        positives=len(positives),
        sources=len({source for source, is_shown in zip(sources, shown, strict=True) if is_shown}),
        misses=misses,
        miss_bound=miss_bound(misses, len(positives), promise.confidence),
    )


def miss_bound(misses: int, positives: int, confidence: float) -> float:
    """Return the one-sided upper bound of Clopper and Pearson on the share that is missed."""
    return upper_bound(min(misses, positives), positives, confidence)
