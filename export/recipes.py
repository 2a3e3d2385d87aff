"""Two ways to come from pictures to logits, with one interface: a recipe is fitted to some rows.

*Fixed*: the network's features are given, and a head is all that is trained, in seconds.
*Tuned*: the network's last blocks are trained together with the head, for as long as it takes.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import numpy.typing as npt

from ..indexer.framing_names import FramingName
from .backbones import Network
from .evaluation.cross_validation import k_fold, out_of_fold
from .feeds import PictureFeed, Prepared
from .fine_tune import FineTuning, Learner, Material, Places, fine_tune
from .folds import by_source
from .heads import HeadSettings, assembled, train_head
from .progress import Watcher, silent
from .task import Floats, Rows, Task

# The head alone is judged by as many folds; the rest of a training costs more than they do.
FOLDS = 5
BATCH = 32


@dataclass(frozen=True, slots=True)
class Fitted:
    """What came of a recipe: the head `(N, D)` -> logits `(N, T)`, and how to judge more rows."""

    head: keras.Model
    logits: Callable[[Rows], Floats]


@dataclass(frozen=True, slots=True)
class FittedNetwork(Fitted):
    """A network that was trained further, with its head."""

    network: Network


class Recipe(Protocol):
    """A way to train; it knows the whole task, and learns from the rows that it is given."""

    def fit(self, train: Rows, validation: Rows) -> Fitted:
        """Learn from `train`; `validation` may tell when to stop."""
        ...

    def held_out(self, fitted: Fitted, train: Rows, validation: Rows) -> tuple[Rows, Floats]:
        """Return rows and their logits `(n, T)` by models that did not learn from them."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """A head on given features `(N, D)`."""

    task: Task
    features: Floats
    settings: HeadSettings
    watch: Watcher = silent

    def fit(self, train: Rows, validation: Rows) -> Fitted:
        """Learn from both: how long is settled beforehand, and no row is needed to tell."""
        rows = np.concatenate([train, validation])
        head = self._head(rows, self.watch)
        return Fitted(head, lambda asked: _answers(head, self.features[asked]))

    def held_out(self, fitted: Fitted, train: Rows, validation: Rows) -> tuple[Rows, Floats]:  # noqa: ARG002
        """Judge every row by a head that learnt from other sources."""
        rows = np.sort(np.concatenate([train, validation]))
        labels, groups = self.task.labels[rows], self.task.groups_of(rows)
        folds = min(FOLDS, len(set(groups)))

        def fit(seen: Rows) -> Callable[[Rows], Floats]:
            head = self._head(rows[seen], silent)
            return lambda asked: _answers(head, self.features[rows[asked]])

        return rows, k_fold(labels, groups, fit, folds, self.settings.seed)

    def _head(self, rows: Rows, watch: Watcher) -> keras.Model:
        task = self.task
        return train_head(
            self.features[rows], task.labels[rows], task.settled[rows], self.settings, watch
        )


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A network trained further. `build` gives it as it was published, each time anew.

    features: `(N, D)` of the network as published, from which the head begins. scope: what all that
    is trained is made in (`hardware.Plan`).
    """

    task: Task
    features: Floats
    settings: HeadSettings
    tuning: FineTuning
    build: Callable[[], Network]
    scope: Callable[[], AbstractContextManager[object]]
    framing: FramingName
    places: Places
    watch: Watcher = silent
    prepared: Prepared = lambda _done, _of: None

    def fit(self, train: Rows, validation: Rows) -> FittedNetwork:
        """Learn from `train`, and stop when `validation` is ranked no better.

        Goes on with what it was interrupted at: each set of rows has checkpoints of its own.
        """
        task = self.task
        material = Material(
            task.paths,
            task.labels,
            task.settled,
            tuple(train.tolist()),
            tuple(validation.tolist()),
        )
        places = Places(
            self.places.checkpoints / _named(train, validation), self.places.activations
        )
        begun = train_head(
            self.features[train], task.labels[train], task.settled[train], self.settings
        )
        with self.scope():
            network = self.build()
            head = assembled(begun.get_weights(), len(task.tags), self.settings)
            learner = Learner(network, self.framing, head, self.settings)
            fine_tune(learner, material, self.tuning, places, self.watch, self.prepared)
        # What is judged is what ships: in float32, on one device.
        tuned = network.in_float32()
        trained = assembled(head.get_weights(), len(task.tags), self.settings)
        model = tuned.model()

        def logits(asked: Rows) -> Floats:
            return _answers(trained, _embedded(model, task.paths, asked, self.framing, tuned.side))

        return FittedNetwork(trained, logits, tuned)

    def held_out(self, fitted: Fitted, train: Rows, validation: Rows) -> tuple[Rows, Floats]:  # noqa: ARG002
        """Judge the validation pictures; they were looked at to choose the epoch, and no more."""
        return validation, fitted.logits(validation)


def cross_validated(recipe: Recipe, task: Task, folds: tuple[Rows, ...], seed: int) -> Floats:
    """Return `(N, T)` logits: each fold's by a fit to the others, a tenth of which validate."""

    def fit(seen: Rows) -> Callable[[Rows], Floats]:
        groups = task.groups_of(seen)
        parts = min(10, len(set(groups)))
        if parts < 2:
            return recipe.fit(seen, seen[:0]).logits
        inner = by_source(task.labels[seen], groups, parts, seed)[0]
        train = np.setdiff1d(seen, seen[inner])
        return recipe.fit(train, seen[inner]).logits

    return out_of_fold(task.labels.shape, folds, fit)


def _named(train: Rows, validation: Rows) -> str:
    whole = hashlib.sha256(train.tobytes() + b"|" + validation.tobytes())
    return whole.hexdigest()[:12]


def _answers(head: keras.Model, features: Floats) -> Floats:
    # Not `predict_on_batch`: each of many heads would be compiled for one answer.
    return np.asarray(head(features, training=False), np.float32)


def _embedded(
    model: keras.Model, paths: tuple[Path, ...], rows: Rows, framing: FramingName, side: int
) -> Floats:
    feed = PictureFeed(paths, framing, side)
    made: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(rows), BATCH):
        frames = np.stack([feed.read(row, 0) for row in rows[start : start + BATCH].tolist()])
        made.append(np.asarray(model.predict_on_batch(frames), np.float32))
    return np.concatenate(made)
