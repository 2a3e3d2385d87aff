"""Precision against recall, in as many points as an eye can tell apart."""

import numpy as np
from sklearn.metrics import precision_recall_curve

from .judged import Column, Flags

MOST_POINTS = 120


def precision_recall(probabilities: Column, shown: Flags) -> tuple[tuple[float, float], ...]:
    """Return (recall, precision) from the highest threshold down: at most MOST_POINTS, evenly."""
    precision, recall, _ = precision_recall_curve(shown, probabilities, drop_intermediate=True)
    # The last point, recall 0 at precision 1, is a convention and no threshold.
    points = list(zip(recall[:-1][::-1].tolist(), precision[:-1][::-1].tolist(), strict=True))
    kept = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).astype(int))
    return tuple(points[place] for place in kept)
