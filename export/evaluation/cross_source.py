"""How a model does on a source, or a data set, of which it has seen nothing: one row for each.

The k-fold numbers mix all sources. Here each stands alone, as in cross-data-set testing (Torralba
and Efros, "Unbiased Look at Dataset Bias", CVPR 2011): train on all but one, test on that one.
"""

import numpy as np

from .cross_validation import by_group
from .evaluate import Thresholds, decisions
from .judged import Flags, Judged, OneTag
from .metrics import metrics
from .results import Cell, Estimate, HeldSource, Undefined, WithoutInterval

NO_INTERVAL = "one source by itself: there are no others to draw"


def held_sources(
    judged: Judged, thresholds: Thresholds, groups: tuple[str, ...]
) -> tuple[HeldSource, ...]:
    """Measure each group by itself; the probabilities are those of `leave_one_out`.

    groups: `(N,)`, what was left out together. A tag has a cell where a picture of the group shows
    it and the model has a threshold for it.
    """
    taken = decisions(judged, thresholds)
    reported = [column for column, limit in enumerate(thresholds) if limit is not None]
    return tuple(
        _held(judged, taken, name, np.isin(np.arange(len(groups)), rows), reported)
        for name, rows in by_group(groups)
    )


def _held(
    judged: Judged, taken: Flags, name: str, inside: Flags, reported: list[int]
) -> HeldSource:
    shown = judged.settled & (judged.labels > 0)
    here, elsewhere = shown[inside].sum(axis=0), shown[~inside].sum(axis=0)
    return HeldSource(
        source=name,
        pictures=int(inside.sum()),
        only_here=tuple(judged.tags[tag] for tag in reported if here[tag] and not elsewhere[tag]),
        cells=tuple(
            _cell(judged.tags[tag], judged.one(tag), inside, taken[:, tag])
            for tag in reported
            if here[tag] and elsewhere[tag]
        ),
    )


def _cell(tag: str, one: OneTag, inside: Flags, taken: Flags) -> Cell:
    own = inside[one.rows]
    shown, claimed = one.shown[own], taken[one.rows[own]]
    found = metrics(one.probabilities[own], shown, claimed)
    # Where every picture shows the tag, any order of them is right.
    ranked = {} if shown.all() else found
    return Cell(
        tag=tag,
        pictures=len(shown),
        positives=int(shown.sum()),
        found=int((shown & claimed).sum()),
        false_alarms=int((claimed & ~shown).sum()),
        auc=_bare(ranked.get("auc", np.nan)),
        average_precision=_bare(ranked.get("average_precision", np.nan)),
    )


def _bare(value: float) -> Estimate:
    if not np.isfinite(value):
        return Undefined(kind="undefined", reason="every picture of this source shows it")
    return WithoutInterval(kind="without_interval", value=value, reason=NO_INTERVAL)
