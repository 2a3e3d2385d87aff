"""How well pictures are ranked for all tags together, in one number."""

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from .evaluation.metrics import average_precision

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def mean_average_precision(
    logits: Floats, labels: Floats, settled: Flags, fewest: int = 1
) -> float:
    """Return the mean over tags of `(N, T)` logits with at least `fewest` pictures that show them.

    Pictures for which a tag is not settled are left out for it. Raises ModelError if no tag has so
    many.
    """
    found = []
    for column, known in enumerate(settled.T):
        shown = labels[known, column]
        if fewest <= shown.sum() < len(shown):
            found.append(average_precision(logits[known, column], shown))
    if not found:
        raise ModelError(f"no tag has {fewest} pictures to rank; more pictures are needed")
    return float(np.mean(found))
