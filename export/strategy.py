"""Which part of a network to train: the two-by-two rule, with its two questions measured.

Yosinski et al., "How transferable are features in deep neural networks?" (NIPS 2014), found that
what the last layers know is worth the less, the further a task is from the network's own; the rule
that follows is that of Stanford's CS231n notes on transfer learning:

|                | like the source           | unlike the source            |
| few pictures   | fixed extractor           | linear probe at an earlier stage |
| many pictures  | fine-tune the last block  | fine-tune everything         |

*Unlike* is measured as Yosinski et al. did, by what transfers: a linear head on the last stage and
one on an earlier stage, cross-validated by source. If the earlier one ranks the pictures as well,
what comes after it, which the network learnt for its own task, is of no use for this one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .folds import by_source
from .heads import HeadSettings, Preset, train_head
from .ranking import mean_average_precision
from .unfreeze import ALL, LAST_BLOCK

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

# A judgement: the rule's sources give no number. The middle tag has as many pictures.
MANY = 300
FOLDS = 3


@dataclass(frozen=True, slots=True)
class Fixed:
    """A head on the embedding."""


@dataclass(frozen=True, slots=True)
class EarlierStage:
    """A head on the global average of an earlier stage."""

    stage: str


@dataclass(frozen=True, slots=True)
class Further:
    """Fine-tuning of the last blocks: `last-block`, a number of them, or `all`."""

    unfreeze: str | int


Strategy = Fixed | EarlierStage | Further


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured: how many pictures the middle tag has, and what each stage is worth.

    `last` and `earlier` are mean average precisions out of fold, `stage` names the earlier one.
    """

    pictures: int
    per_tag: float
    last: float
    earlier: float
    stage: str

    @property
    def many(self) -> bool:
        """Whether there are enough pictures to train a network further."""
        return self.per_tag >= MANY

    @property
    def unlike(self) -> bool:
        """Whether the last blocks bring nothing."""
        return self.earlier >= self.last


def measure(
    last: Floats,
    earlier: Floats,
    stage: str,
    labels: Floats,
    settled: Flags,
    sources: tuple[str, ...],
) -> Evidence:
    """Measure by the features of both stages, `(N, D)` and `(N, E)`.

    Raises ModelError if no tag has a picture for each fold.
    """
    shown = (labels > 0) & settled
    per_tag = shown.sum(axis=0)
    return Evidence(
        pictures=len(labels),
        per_tag=float(np.median(per_tag[per_tag > 0])) if per_tag.any() else 0.0,
        last=_worth(last, labels, settled, sources),
        earlier=_worth(earlier, labels, settled, sources),
        stage=stage,
    )


def choose(evidence: Evidence) -> tuple[Strategy, str]:
    """Return the strategy, and one sentence that says why."""
    amount = (
        f"{evidence.pictures} pictures with {evidence.per_tag:.0f} for the middle tag are "
        f"{'many' if evidence.many else 'few'} ({MANY} is the line)"
    )
    likeness = (
        f"a linear head ranks them {'no better' if evidence.unlike else 'better'} by the last "
        f"stage (mean average precision {evidence.last:.3f}, by source) than by {evidence.stage} "
        f"({evidence.earlier:.3f}), so they are {'unlike' if evidence.unlike else 'like'} what the "
        "network was trained on"
    )
    strategy: Strategy
    match evidence.many, evidence.unlike:
        case False, False:
            strategy, what = Fixed(), "the fixed extractor"
        case False, True:
            strategy, what = EarlierStage(evidence.stage), f"a linear probe at {evidence.stage}"
        case True, False:
            strategy, what = Further(LAST_BLOCK), "fine-tuning of the last block"
        case _:
            strategy, what = Further(ALL), "fine-tuning of all blocks"
    return strategy, f"{what}: {amount}, and {likeness}"


def frozen_only() -> tuple[Strategy, str]:
    """Return the strategy for a shipped backbone, of which only the end can be had."""
    return Fixed(), "the fixed extractor: a shipped backbone is frozen; name another to train it"


def _worth(features: Floats, labels: Floats, settled: Flags, sources: tuple[str, ...]) -> float:
    """Return the mean average precision of a linear head out of fold."""
    settings = HeadSettings.of(Preset.MULTILABEL)
    logits = np.zeros_like(labels)
    for held in by_source(labels, sources, FOLDS, settings.seed):
        seen = np.setdiff1d(np.arange(len(labels)), held)
        head = train_head(features[seen], labels[seen], settled[seen], settings)
        logits[held] = np.asarray(head.predict_on_batch(features[held]))
    return mean_average_precision(logits, labels, settled, fewest=FOLDS)
