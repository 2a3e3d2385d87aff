"""How good a tag's ranking and decisions are. scikit-learn counts."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

Column = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

RANKING = ("auc", "average_precision")
DECIDING = ("accuracy", "f1", "precision", "recall")
METRICS = ("auc", "accuracy", "f1", "precision", "recall", "average_precision")


def average_precision(values: Column, labels: npt.NDArray[np.floating] | Flags) -> float:
    """Return the area under the precision-recall steps of `(N,)` values; ties are taken together.

    Raises ValueError if no label is positive: there is nothing to rank.
    """
    if not labels.any():
        raise ValueError("average precision of no positives")
    return float(average_precision_score(labels, values))


def over_chance(precision: float, prevalence: float) -> float:
    """Return how much of the way from a random order (0) to a perfect one (1) an AP stands for."""
    return (precision - prevalence) / (1.0 - prevalence)


def metrics(probabilities: Column, shown: Flags, taken: Flags) -> Mapping[str, float]:
    """Return each of METRICS for `(N,)` probabilities, labels and decisions; NaN where undefined.

    Precision of no decision is undefined, recall and F1 of no positives, AUC of labels that are
    all alike. F1 is 2 TP / (2 TP + FP + FN), and so is 0, not undefined, where nothing is taken.
    """
    if not shown.any():
        return dict.fromkeys(METRICS, float("nan")) | {
            "accuracy": float(accuracy_score(shown, taken))
        }
    precision, recall, f1, _ = precision_recall_fscore_support(
        shown, taken, average="binary", zero_division=np.nan
    )
    return {
        "auc": float("nan") if shown.all() else float(roc_auc_score(shown, probabilities)),
        "accuracy": float(accuracy_score(shown, taken)),
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "average_precision": average_precision(probabilities, shown),
    }
