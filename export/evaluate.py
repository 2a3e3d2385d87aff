"""How good a tag's ranking is. scikit-learn counts."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

Column = npt.NDArray[np.floating]


def average_precision(values: Column, labels: npt.NDArray[np.floating]) -> float:
    """Return the area under the precision-recall steps of `(N,)` values; ties are taken together.

    Raises ValueError if no label is positive: there is nothing to rank.
    """
    if not labels.any():
        raise ValueError("average precision of no positives")
    return float(average_precision_score(labels, values))


def over_chance(precision: float, prevalence: float) -> float:
    """Return how much of the way from a random order (0) to a perfect one (1) an AP stands for."""
    return (precision - prevalence) / (1.0 - prevalence)
