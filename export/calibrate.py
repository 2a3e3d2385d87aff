"""From logits to probabilities that mean what they say, one line per tag."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float32]
Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Platt:
    """`probability = sigmoid(slope * logit + intercept)`."""

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept)):
            raise ValueError(f"calibration is not finite: {self}")

    def probabilities(self, logits: Floats) -> Column:
        """Return the calibrated probability of each logit."""
        line = self.slope * logits.astype(np.float64) + self.intercept
        return np.asarray(1.0 / (1.0 + np.exp(-line)))


def fit(logits: Floats, labels: Floats) -> Platt:
    """Fit one tag's calibration on held-out logits `(N,)` and labels `(N,)` of 0 and 1.

    Platt, "Probabilistic Outputs for Support Vector Machines" (1999), with its smoothed targets:
    a picture counts as (n+ + 1) / (n+ + 2) of its own side, so that few pictures promise little.
    Raises ValueError if all labels are the same.
    """
    positives = float(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise ValueError("calibration needs pictures with the tag and pictures without it")
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    target = np.where(labels > 0, high, low)
    # A soft target is its two hard halves.
    column = np.concatenate([logits, logits])[:, None].astype(np.float64)
    sides = np.repeat([1, 0], len(logits))
    model = LogisticRegression(C=np.inf, max_iter=1000)
    model.fit(column, sides, sample_weight=np.concatenate([target, 1 - target]))
    return Platt(float(model.coef_[0, 0]), float(model.intercept_[0]))
