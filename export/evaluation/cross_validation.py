"""Judging every picture by a model that saw nothing like it, whatever the model is.

A model comes in as a function: given the rows to learn from, it returns a function from rows to
logits. A linear head on embeddings is one, a network fine-tuned for an hour is another.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from ...db.errors import ModelError
from ..folds import by_source
from .judged import Rows

Floats = npt.NDArray[np.float32]
Predict = Callable[[Rows], Floats]
Fit = Callable[[Rows], Predict]

FOLDS = 10
SMALL = "(small sources together)"


def k_fold(
    labels: Floats, sources: tuple[str, ...], fit: Fit, folds: int = FOLDS, seed: int = 20170829
) -> Floats:
    """Return `(N, T)` logits, each row from a model that saw no picture of its source.

    labels: `(N, T)`. Raises ModelError if there are fewer sources than folds.
    """
    if (there := len(set(sources))) < folds:
        raise ModelError(f"{there} sources cannot make {folds} folds; take fewer folds")
    return out_of_fold(labels.shape, by_source(labels, sources, folds, seed), fit)


def out_of_fold(shape: tuple[int, ...], folds: tuple[Rows, ...], fit: Fit) -> Floats:
    """Return `(N, T)` logits from one model per fold, which learns from all rows but the fold's.

    Raises ModelError if the folds do not hold out each row once, or a model answers in another
    shape.
    """
    if not np.array_equal(np.sort(np.concatenate(folds)), np.arange(shape[0])):
        raise ModelError(f"the folds do not hold out each of {shape[0]} rows once")
    logits = np.empty(shape, np.float32)
    for held in folds:
        answer = fit(np.setdiff1d(np.arange(shape[0]), held))(held)
        if answer.shape != (len(held), *shape[1:]):
            raise ModelError(f"logits: shape {answer.shape}, expected {(len(held), *shape[1:])}")
        logits[held] = answer
    return logits


def leave_one_out(labels: Floats, groups: tuple[str, ...], fit: Fit) -> Floats:
    """Return `(N, T)` logits, each row from a model that learnt from all other groups, and only so.

    A group is a source, or a whole data set of several. Raises ModelError if there is only one.
    """
    if len(set(groups)) < 2:
        raise ModelError(f"{groups[0]}: the only source; there is no other to learn from")
    return out_of_fold(labels.shape, tuple(rows for _, rows in by_group(groups)), fit)


def by_group(groups: tuple[str, ...]) -> Iterator[tuple[str, Rows]]:
    """Yield each group's name and rows, in sorted order."""
    names, of = np.unique(groups, return_inverse=True)
    for number, name in enumerate(names.tolist()):
        yield name, np.flatnonzero(of == number)


def large_groups(sources: tuple[str, ...], fewest: int) -> tuple[str, ...]:
    """Return the group of each row: its source, or for sources under `fewest` pictures SMALL.

    A model for each of a hundred sources of three pictures would cost hours and say little.
    """
    pictures = Counter(sources)
    return tuple(source if pictures[source] >= fewest else SMALL for source in sources)
