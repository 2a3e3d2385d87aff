"""Whether a probability of 0.7 is right seven times of ten.

The expected calibration error is the mean distance between what a bin of pictures was said to be
and what it is, weighted by the bin's pictures (Guo et al., "On Calibration of Modern Neural
Networks", ICML 2017). Bins hold equally many pictures, since bins of equal width are empty but for
the lowest (Nixon et al., "Measuring Calibration in Deep Learning", CVPR workshops 2019). Equal
probabilities are never parted, so there may be fewer bins than asked for.

A perfectly calibrated model has an error over 0 too, the larger the fewer the pictures: that is
counted by drawing labels from the probabilities. The curve needs no bins (CORP: Dimitriadis,
Gneiting and Jordan, "Stable reliability diagrams for probabilistic classifiers", PNAS 2021).
"""

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from .judged import Column, Flags, Rows
from .results import Bin, Reliability

BINS = 15
CHANCE_DRAWS = 200


def bins_of(probabilities: Column, bins: int = BINS) -> Rows:
    """Return the bin of each of `(N,)` probabilities, numbered from 0 without gaps."""
    edges = np.quantile(probabilities, np.arange(1, bins) / bins, method="higher")
    raw = np.searchsorted(np.unique(edges), probabilities, side="right")
    return np.unique(raw, return_inverse=True)[1].astype(np.intp)


def calibration_error(
    probabilities: Column, shown: npt.NDArray[np.bool_], bins: int = BINS
) -> float:
    """Return the expected calibration error of `(N,)` probabilities of labels `(N,)`."""
    return float(_errors(probabilities, shown[None], bins_of(probabilities, bins))[0])


def reliability(probabilities: Column, shown: Flags, seed: int) -> Reliability:
    """Compare `(N,)` probabilities with the labels `(N,)`."""
    of = bins_of(probabilities)
    rng = np.random.default_rng(seed)
    drawn = rng.random((CHANCE_DRAWS, len(probabilities))) < probabilities
    counts, means = np.bincount(of), np.bincount(of, probabilities) / np.bincount(of)
    return Reliability(
        error=float(_errors(probabilities, shown[None], of)[0]),
        by_chance=float(_errors(probabilities, drawn, of).mean()),
        bins=tuple(
            Bin(probability=float(mean), shown=int(hits), pictures=int(count))
            for mean, hits, count in zip(means, np.bincount(of, shown), counts, strict=True)
        ),
        curve=_curve(probabilities, shown),
    )


def _errors(probabilities: Column, labels: Flags, of: Rows) -> Column:
    """Return the error of each row of labels `(R, N)`."""
    member = np.eye(of.max() + 1)[of]  # (N, bins)
    too_high = (probabilities - labels) @ member
    errors: Column = np.abs(too_high).sum(axis=1) / len(probabilities)
    return errors


def _curve(probabilities: Column, shown: Flags) -> tuple[tuple[float, float], ...]:
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(probabilities, shown.astype(np.float64))
    points = zip(fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist(), strict=True)
    return tuple((float(np.clip(x, 0, 1)), float(np.clip(y, 0, 1))) for x, y in points)
