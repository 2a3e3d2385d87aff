"""What a head says of pictures that it was not trained on, and what follows from that per tag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer.card import PresentLimits
from . import calibrate, thresholds
from .calibrate import Calibration
from .datasets import FEWEST_PICTURES
from .evaluation.cross_validation import Predict, k_fold
from .evaluation.judged import Rows
from .evaluation.metrics import average_precision
from .head import Settings, train
from .promises import Promise, keep
from .thresholds import BestF, Operating

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

Calibrator = Callable[[Floats, Floats, tuple[str, ...]], Calibration]

FOLDS = 5
# Fewer say nothing of a ranking, let alone of a threshold.
FEWEST_HELD_OUT = 5
LEAST_PRECISION = 0.3


@dataclass(frozen=True, slots=True)
class TooFew:
    """A tag with too few pictures to learn it, or too few held out to measure it."""

    pictures: int
    needed: int
    kind: Literal["training", "held-out"]


@dataclass(frozen=True, slots=True)
class NotLearnt:
    """A tag with pictures enough, whose ranking out of fold is too poor to show anybody."""

    average_precision: float
    at: Operating
    pictures: int
    prevalence: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """A tag that can be reported, with all that was chosen for it on held-out pictures."""

    average_precision: float
    at: Operating
    pictures: int
    prevalence: float
    calibration: Calibration
    present: PresentLimits
    recalls: tuple[Operating, ...]


@dataclass(frozen=True, slots=True)
class NotPromised:
    """A tag with too few held-out pictures for the promise that was asked for, and how many."""

    reason: str


Finding = TooFew | NotLearnt | NotPromised | Learnt


def logits(
    embeddings: Floats,
    labels: Floats,
    settled: Flags,
    sources: tuple[str, ...],
    settings: Settings,
) -> Floats:
    """Return `(N, T)` logits, each row from a head that saw no picture of its source."""

    def fit(seen: Rows) -> Predict:
        head = train(embeddings[seen], labels[seen], settled[seen], settings)
        return lambda held: head.logits(embeddings[held])

    return k_fold(labels, sources, fit, FOLDS, settings.seed)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """One tag's held-out pictures: logits and labels `(N,)`, where they are from, and their style.

    styles: what kind of picture each is; a film is of one kind throughout.
    """

    tag: str
    logits: Floats
    labels: Floats
    sources: tuple[str, ...]
    styles: npt.NDArray[np.generic]


def judge(
    held_out: HeldOut,
    pictures: int | None = None,
    rule: BestF | Promise = BestF(),  # noqa: B008  # frozen
    calibrator: Calibrator = calibrate.choose,
) -> Finding:
    """Decide about one tag.

    pictures: how many there are with the tag in all, if not all of them were held out. rule:
    how the threshold is chosen. calibrator: what fits logits, labels and sources.

    The two numbers of the calibration and the threshold are chosen on the same held-out logits that
    they are reported on: precision and recall are a little too good for it, the ranking is not.
    """
    logits, labels = held_out.logits, held_out.labels
    shown = int(labels.sum())
    pictures = shown if pictures is None else pictures
    if pictures < FEWEST_PICTURES:
        return TooFew(pictures, FEWEST_PICTURES, "training")
    if shown < FEWEST_HELD_OUT or shown == len(labels):
        return TooFew(shown, FEWEST_HELD_OUT, "held-out")
    precision = average_precision(logits, labels)
    calibration = calibrator(logits, labels, held_out.sources)
    probabilities = thresholds.as_stored(calibration.probabilities(logits))
    try:
        chosen = _operating(probabilities, held_out, rule)
    except ModelError as error:
        return NotPromised(str(error))
    prevalence = shown / len(labels)
    if precision < LEAST_PRECISION:
        return NotLearnt(precision, chosen, pictures, prevalence)
    present = thresholds.present_limits(probabilities, labels, chosen, held_out.styles)
    recalls = thresholds.at_recalls(probabilities, labels)
    return Learnt(precision, chosen, pictures, prevalence, calibration, present, recalls)


def _operating(
    probabilities: thresholds.Column, held_out: HeldOut, rule: BestF | Promise
) -> Operating:
    labels = held_out.labels
    if isinstance(rule, BestF):
        return thresholds.best_f(rule, probabilities, labels)
    of_labels = labels.astype(np.float64)
    kept = keep(rule, held_out.tag, probabilities, of_labels, held_out.sources)
    return Operating.at(kept.threshold, probabilities, labels)
