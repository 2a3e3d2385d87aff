"""Models side by side on the same pictures, as in the table of Diaz-Pinto et al. (2019).

Diaz-Pinto et al., "CNNs for automatic glaucoma assessment using fundus images", BioMedical
Engineering OnLine 18:29, compare networks by AUC, accuracy, F-score and parameters. Here each has
its interval, and each is compared with the first one draw by draw: two models err on the same
pictures, and their difference is known better than either.
"""

from dataclasses import dataclass

import numpy as np

from ...db.errors import ModelError
from . import bootstrap
from .bootstrap import Draws, draws, estimate
from .evaluate import (
    SEED,
    Thresholds,
    decisions,
    macro,
    macro_replicates,
    measurable,
    micro,
    scores,
    scores_by_tag,
)
from .judged import Column, Judged
from .metrics import METRICS
from .results import About, Compared, Comparison, Estimate, Method, Scores, Speed


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model, what it said of the pictures, how large it is and how fast on this machine."""

    name: str
    judged: Judged
    thresholds: Thresholds
    parameters: int
    speed: Speed


def compare(
    contenders: tuple[Contender, ...],
    about: About,
    machine: str,
    seed: int = SEED,
    count: int = bootstrap.DRAWS,
) -> Comparison:
    """Compare models with the first of them, on the tags that all of them report.

    Raises ModelError if there are fewer than two, two have one name, they judged different
    pictures, or no tag is left.
    """
    columns = _common(contenders)
    first = contenders[0]
    clusters = first.judged.clusters
    drawn = draws(int(clusters.max()) + 1, count, seed)
    rows = [_row(contender, columns, drawn) for contender in contenders]
    return Comparison(
        format=1,
        about=about,
        method=Method(draws=count, level=bootstrap.LEVEL, seed=seed),
        machine=machine,
        pictures=len(first.judged.names),
        sources=drawn.shape[1],
        tags=tuple(first.judged.tags[column] for column in columns),
        models=tuple(
            Compared(
                name=contender.name,
                parameters=contender.parameters,
                speed=contender.speed,
                macro=scores(row.means, row.replicated),
                micro=micro(
                    contender.judged,
                    decisions(contender.judged, contender.thresholds),
                    columns,
                    drawn,
                ),
                over_first=row.over(rows[0]),
                average_precision=row.by_tag,
            )
            for contender, row in zip(contenders, rows, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One model's means over tags, `(B,)` replicates of them, and its tags one by one."""

    means: dict[str, float]
    replicated: dict[str, Column]
    by_tag: tuple[Estimate, ...]

    def over(self, other: "_Row") -> Scores:
        """Return how much more than the other's each mean is, draw by draw."""
        return scores(
            {name: self.means[name] - other.means[name] for name in METRICS},
            {name: self.replicated[name] - other.replicated[name] for name in METRICS},
        )


def _row(contender: Contender, columns: tuple[int, ...], drawn: Draws) -> _Row:
    judged = contender.judged
    taken = decisions(judged, contender.thresholds)
    values, replicated = scores_by_tag(judged, taken, columns, drawn)
    by_tag = [
        estimate(value["average_precision"], each["average_precision"])
        for value, each in zip(values, replicated, strict=True)
    ]
    return _Row(macro(values), macro_replicates(replicated), tuple(by_tag))


def _common(contenders: tuple[Contender, ...]) -> tuple[int, ...]:
    """Return the columns that all report, of models that can be compared."""
    if len({contender.name for contender in contenders}) < max(len(contenders), 2):
        raise ModelError("a comparison is of two models or more, each with a name of its own")
    first = contenders[0].judged
    for other in contenders[1:]:
        if not _same_pictures(first, other.judged):
            raise ModelError(
                f"{other.name} was judged on other pictures, labels or tags than "
                f"{contenders[0].name}: evaluate both on the same data with the same split"
            )
    reported = [set(measurable(each.judged, each.thresholds)) for each in contenders]
    if not (common := set.intersection(*reported)):
        raise ModelError("no tag is reported by all of the models that are compared")
    return tuple(sorted(common))


def _same_pictures(one: Judged, other: Judged) -> bool:
    return (
        (one.tags, one.names, one.sources) == (other.tags, other.names, other.sources)
        and np.array_equal(one.settled, other.settled)
        and np.array_equal(one.labels[one.settled], other.labels[other.settled])
    )
