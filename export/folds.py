"""Splits by source: no source is on both sides, so that a head cannot recognise its teachers."""

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold


def by_source(
    labels: npt.NDArray[np.float32], sources: tuple[str, ...], folds: int, seed: int
) -> tuple[npt.NDArray[np.intp], ...]:
    """Return the rows that each fold holds out; every row is held out once.

    labels: `(N, T)`. A picture counts for the rarest of its tags, so that rare tags are spread.
    """
    frequency = labels.sum(axis=0)
    rarest = np.where(labels > 0, frequency, np.inf).argmin(axis=1)
    stratum = np.where(labels.any(axis=1), rarest, -1)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A tag with fewer pictures than folds is in the vocabulary all the same.
        warnings.filterwarnings("ignore", message="The least populated class")
        return tuple(held for _, held in splitter.split(labels, stratum, sources))
