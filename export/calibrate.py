"""From logits to probabilities that mean what they say, one calibration per tag.

A line through a sigmoid (Platt) needs few pictures, a curve that only rises (isotonic) bends to
whatever is there: which is better is found out on pictures that the calibration was not fitted to.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from .folds import by_source

Floats = npt.NDArray[np.float32]
Column = npt.NDArray[np.float64]

FOLDS, SEED = 5, 20170829
# The exported graph adds up one ramp per knot; more of them change nothing that can be measured.
MOST_KNOTS = 24


@dataclass(frozen=True, slots=True)
class Platt:
    """`probability = sigmoid(slope * logit + intercept)`; with intercept 0, temperature scaling."""

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept)):
            raise ValueError(f"calibration is not finite: {self}")

    def probabilities(self, logits: Floats) -> Column:
        """Return the calibrated probability of each logit."""
        line = self.slope * logits.astype(np.float64) + self.intercept
        return np.asarray(1.0 / (1.0 + np.exp(-line)))


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Straight lines between knots: `x` are logits that rise, `y` probabilities that never fall.

    Outside of the knots the probability is that of the nearest. No probability is 0 or 1.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or len(self.x) < 2:
            raise ValueError(f"{len(self.x)} logits, {len(self.y)} probabilities: two or more each")
        if not np.isfinite(self.x).all() or any(a >= b for a, b in itertools.pairwise(self.x)):
            raise ValueError(f"the knots' logits do not rise: {self.x}")
        if not (self.y[0] > 0 and self.y[-1] < 1) or any(
            a > b for a, b in itertools.pairwise(self.y)
        ):
            raise ValueError(f"the knots' probabilities fall, or are 0 or 1: {self.y}")

    def probabilities(self, logits: Floats) -> Column:
        """Return the calibrated probability of each logit."""
        return np.asarray(np.interp(logits.astype(np.float64), self.x, self.y))


Calibration = Platt | Isotonic
Fit = Callable[[Floats, Floats], Calibration]


def fit(logits: Floats, labels: Floats) -> Platt:
    """Fit one tag's line on held-out logits `(N,)` and labels `(N,)` of 0 and 1.

    Platt, "Probabilistic Outputs for Support Vector Machines" (1999), with its smoothed targets:
    a picture counts as (n+ + 1) / (n+ + 2) of its own side, so that few pictures promise little.
    Raises ValueError if all labels are the same.
    """
    return _fit_line(logits, labels, with_intercept=True)


def fit_temperature(logits: Floats, labels: Floats) -> Platt:
    """Fit the slope alone (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).

    The targets are smoothed as Platt's. Raises ValueError if all labels are the same.
    """
    return _fit_line(logits, labels, with_intercept=False)


def fit_isotonic(logits: Floats, labels: Floats) -> Isotonic:
    """Fit a curve that never falls, on held-out logits `(N,)` and labels `(N,)` of 0 and 1.

    Pooled adjacent violators, each pool standing at the mean of its logits with lines between
    (centred isotonic regression: Oron and Flournoy, Statistics in Biopharmaceutical Research 9,
    2017), since plain steps would make pictures equal that the head tells apart. A pool whose
    pictures are all of one kind counts one more of each kind (Laplace's rule of succession, which
    Platt's targets are too): three of three are not certain, and nothing is impossible.
    Raises ValueError if all labels are the same.
    """
    _refuse_one_sided(labels)
    x, place = np.unique(logits.astype(np.float64), return_inverse=True)
    each = np.bincount(place).astype(np.float64)
    shown = np.bincount(place, labels.astype(np.float64)).astype(np.float64)
    x, hits, pictures = _pooled(shown / each, x, shown, each)
    pure = (hits == 0) | (hits == pictures)
    level = np.where(pure, (hits + 1) / (pictures + 2), hits / pictures)
    # Laplace's rule can lift the lowest pool over the next: then the two become one.
    x, weighted, pictures = _pooled(level, x, level * pictures, pictures)
    return _knots(x, weighted / pictures)


def choose(logits: Floats, labels: Floats, sources: tuple[str, ...]) -> Calibration:
    """Return the calibration that does best on sources it was not fitted to, the simpler of equals.

    Each kind is fitted on some sources and judged by log loss on the others, so that every picture
    is judged once. From simple to complex: temperature, Platt, isotonic. A kind must beat a simpler
    one by more than the standard error of the difference (Breiman et al., "Classification and
    Regression Trees", 1984, section 3.4.3), which counts sources, not pictures. Where the tag is
    shown in one source alone, or lacking in one, nothing can be compared, and it is Platt's line.
    Raises ValueError if all labels are the same.
    """
    _refuse_one_sided(labels)
    splits = _splits(labels, sources)
    if not splits:
        return fit(logits, labels)
    best: Fit = fit_temperature
    least = _losses(best, logits, labels, splits)
    judged = np.concatenate(splits)
    clusters = np.unique(np.array(sources)[judged], return_inverse=True)[1]
    for kind in (fit, fit_isotonic):
        losses = _losses(kind, logits, labels, splits)
        if _certainly_over_zero(least - losses, clusters):
            best, least = kind, losses
    return best(logits, labels)


def _fit_line(logits: Floats, labels: Floats, *, with_intercept: bool) -> Platt:
    _refuse_one_sided(labels)
    positives = float(labels.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(labels) - positives + 2)
    target = np.where(labels > 0, high, low)
    # A soft target is its two hard halves.
    column = np.concatenate([logits, logits])[:, None].astype(np.float64)
    sides = np.repeat([1, 0], len(logits))
    model = LogisticRegression(C=np.inf, max_iter=1000, fit_intercept=with_intercept)
    model.fit(column, sides, sample_weight=np.concatenate([target, 1 - target]))
    intercept = float(model.intercept_[0]) if with_intercept else 0.0
    return Platt(float(model.coef_[0, 0]), intercept)


def _refuse_one_sided(labels: Floats) -> None:
    if labels.all() or not labels.any():
        raise ValueError("calibration needs pictures with the tag and pictures without it")


def _pooled(
    level: Column, x: Column, total: Column, pictures: Column
) -> tuple[Column, Column, Column]:
    """Pool neighbours until `level` rises; return each pool's mean `x`, its total and pictures."""
    rising = IsotonicRegression().fit_transform(np.arange(len(x)), level, sample_weight=pictures)
    starts = np.flatnonzero(np.diff(rising, prepend=-np.inf))
    sums = [np.add.reduceat(column, starts) for column in (x * pictures, total, pictures)]
    return sums[0] / sums[2], sums[1], sums[2]


def _knots(x: Column, y: Column) -> Isotonic:
    """Thin pools to knots that are apart in the graph's float32 too; one pool is a level line."""
    x = x.astype(np.float32).astype(np.float64)
    apart = np.flatnonzero(np.diff(x, prepend=-np.inf))
    if len(apart) == 1:
        return Isotonic((x[0], x[0] + 1), (y[0], y[0]))
    kept = apart[np.unique(np.linspace(0, len(apart) - 1, MOST_KNOTS).astype(int))]
    return Isotonic(tuple(x[kept].tolist()), tuple(y[kept].tolist()))


def _splits(labels: Floats, sources: tuple[str, ...]) -> list[npt.NDArray[np.intp]]:
    """Return the rows that each fold holds out, where what is left has both kinds of pictures."""
    named = np.array(sources)
    folds = min(FOLDS, *(len(set(named[labels == side].tolist())) for side in (0, 1)))
    if folds < 2:
        return []
    held_out = by_source(labels[:, None], sources, folds, SEED)
    return [held for held in held_out if len(np.unique(np.delete(labels, held))) == 2]


def _losses(
    kind: Fit, logits: Floats, labels: Floats, splits: list[npt.NDArray[np.intp]]
) -> Column:
    """Return the log loss of each held-out picture, fold after fold."""
    losses = []
    for held in splits:
        fitted = kind(np.delete(logits, held), np.delete(labels, held))
        probabilities = fitted.probabilities(logits[held])
        right = np.where(labels[held] > 0, probabilities, 1 - probabilities)
        losses.append(-np.log(np.maximum(right, np.finfo(np.float64).tiny)))
    return np.concatenate(losses)


def _certainly_over_zero(gains: Column, clusters: npt.NDArray[np.intp]) -> bool:
    """Whether the mean of `(N,)` is over 0 by more than its standard error over clusters."""
    mean = gains.mean()
    by_cluster = np.bincount(clusters, gains - mean)
    count = len(by_cluster)
    error = np.sqrt((by_cluster**2).sum() * count / max(count - 1, 1)) / len(gains)
    return bool(mean > error)
