"""What a head says of pictures that it was not trained on, and what follows from that per tag."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..indexer.card import PresentLimits
from . import calibrate, thresholds
from .calibrate import Platt
from .evaluation.metrics import average_precision
from .folds import by_source
from .head import Settings, train
from .thresholds import Operating

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

FOLDS = 5
FEWEST_PICTURES = 20
LEAST_PRECISION = 0.3


@dataclass(frozen=True, slots=True)
class TooFew:
    """A tag with too few pictures to learn or to measure it."""

    pictures: int


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
    platt: Platt
    present: PresentLimits


Finding = TooFew | NotLearnt | Learnt


def logits(
    embeddings: Floats,
    labels: Floats,
    settled: Flags,
    sources: tuple[str, ...],
    settings: Settings,
) -> Floats:
    """Return `(N, T)` logits, each row from a head that saw no picture of its source."""
    result = np.zeros_like(labels)
    for held in by_source(labels, sources, FOLDS, settings.seed):
        seen = np.setdiff1d(np.arange(len(labels)), held)
        head = train(embeddings[seen], labels[seen], settled[seen], settings)
        result[held] = head.logits(embeddings[held])
    return result


def judge(logits: Floats, labels: Floats, styles: npt.NDArray[np.generic]) -> Finding:
    """Decide about one tag by its held-out logits `(N,)` and labels `(N,)`.

    styles: `(N,)`, what kind of picture each is; a film is of one kind throughout.

    The two numbers of the calibration and the threshold are chosen on the same held-out logits that
    they are reported on: precision and recall are a little too good for it, the ranking is not.
    """
    pictures = int(labels.sum())
    if pictures < FEWEST_PICTURES:
        return TooFew(pictures)
    precision = average_precision(logits, labels)
    platt = calibrate.fit(logits, labels)
    probabilities = thresholds.as_stored(platt.probabilities(logits))
    chosen = thresholds.best_f2(probabilities, labels)
    prevalence = pictures / len(labels)
    if precision < LEAST_PRECISION:
        return NotLearnt(precision, chosen, pictures, prevalence)
    present = thresholds.present_limits(probabilities, labels, chosen, styles)
    return Learnt(precision, chosen, pictures, prevalence, platt, present)
