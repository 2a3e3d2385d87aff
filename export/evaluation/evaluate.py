"""From judged pictures to everything that the page shows. Read `evaluate` from the top."""

from collections.abc import Iterable, Mapping

import numpy as np

from ...db.errors import ModelError
from . import bootstrap
from .bootstrap import Draws, draws, estimate, mean_over_tags, replicates
from .confusion import confusion
from .curves import precision_recall
from .judged import Column, Flags, Judged, OneTag
from .metrics import METRICS, metrics
from .mistakes import mistakes
from .reliability import reliability
from .results import (
    About,
    Evaluation,
    HeldSource,
    Method,
    Overall,
    Scores,
    TagResult,
    Unmeasured,
)

Thresholds = tuple[float | None, ...]
SEED = 20170829


def evaluate(
    judged: Judged,
    thresholds: Thresholds,
    about: About,
    held_sources: tuple[HeldSource, ...] = (),
    unreported: Mapping[str, str] | None = None,
    seed: int = SEED,
    count: int = bootstrap.DRAWS,
) -> Evaluation:
    """Measure everything; `thresholds` has None for a tag that the model does not report.

    unreported: why it does not, by tag, where there is more to say than that.
    Raises ModelError if no tag is left to measure.
    """
    limits = measurable(judged, thresholds)
    columns = tuple(limits)
    taken = decisions(judged, thresholds)
    clusters = judged.clusters
    drawn = draws(int(clusters.max()) + 1, count, seed)
    values, replicated = scores_by_tag(judged, taken, columns, drawn)
    return Evaluation(
        format=1,
        about=about,
        method=Method(draws=count, level=bootstrap.LEVEL, seed=seed),
        pictures=len(judged.names),
        sources=drawn.shape[1],
        overall=Overall(
            tags=len(columns),
            macro=scores(macro(values), macro_replicates(replicated)),
            micro=micro(judged, taken, columns, drawn),
        ),
        tags=tuple(
            _tag(judged, column, threshold, scores(value, replicate), seed)
            for (column, threshold), value, replicate in zip(
                limits.items(), values, replicated, strict=True
            )
        ),
        unmeasured=_unmeasured(judged, columns, unreported or {}),
        confusion=confusion(judged, taken, columns),
        held_sources=held_sources,
    )


def measurable(judged: Judged, thresholds: Thresholds) -> dict[int, float]:
    """Return the thresholds, by column, of tags with pictures that show them and that do not.

    Raises ModelError if there is none.
    """
    if len(thresholds) != len(judged.tags):
        raise ModelError(f"{len(thresholds)} thresholds for {len(judged.tags)} tags")
    chosen = {
        column: threshold
        for column, threshold in enumerate(thresholds)
        if threshold is not None and _lacking(judged.one(column)) is None
    }
    if not chosen:
        raise ModelError("no tag has a threshold, pictures that show it, and pictures that do not")
    return chosen


def decisions(judged: Judged, thresholds: Thresholds) -> Flags:
    """Return `(N, T)`: whether a tag is taken to be there; never for one without a threshold."""
    limits = np.array([np.inf if limit is None else limit for limit in thresholds])
    taken: Flags = judged.probabilities >= limits
    return taken


def scores_by_tag(
    judged: Judged, taken: Flags, columns: Iterable[int], drawn: Draws
) -> tuple[list[Mapping[str, float]], list[Mapping[str, Column]]]:
    """Return the metrics of each tag, and their replicates in each draw."""
    values: list[Mapping[str, float]] = []
    replicated: list[Mapping[str, Column]] = []
    for column in columns:
        one = judged.one(column)
        own = taken[one.rows, column]
        values.append(metrics(one.probabilities, one.shown, own))
        replicated.append(replicates(one, own, drawn))
    return values, replicated


def scores(values: Mapping[str, float], replicated: Mapping[str, Column]) -> Scores:
    """Put intervals to metrics."""
    return Scores(**{name: estimate(values[name], replicated[name]) for name in METRICS})


def macro(values: list[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over tags; a tag without precision, since nothing is taken, is left out."""
    return {name: _mean([value[name] for value in values]) for name in METRICS}


def macro_replicates(replicated: list[Mapping[str, Column]]) -> dict[str, Column]:
    """Return the mean over tags in each draw."""
    return {name: mean_over_tags([one[name] for one in replicated]) for name in METRICS}


def micro(judged: Judged, taken: Flags, columns: tuple[int, ...], drawn: Draws) -> Scores:
    """Return the metrics of all decisions about all tags, pooled."""
    tags = [judged.one(column) for column in columns]
    pooled = OneTag(
        rows=np.concatenate([one.rows for one in tags]),
        probabilities=np.concatenate([one.probabilities for one in tags]),
        shown=np.concatenate([one.shown for one in tags]),
        clusters=np.concatenate([one.clusters for one in tags]),
    )
    pairs = zip(tags, columns, strict=True)
    own = np.concatenate([taken[one.rows, column] for one, column in pairs])
    return scores(metrics(pooled.probabilities, pooled.shown, own), replicates(pooled, own, drawn))


def _tag(judged: Judged, column: int, threshold: float, measured: Scores, seed: int) -> TagResult:
    one = judged.one(column)
    return TagResult(
        tag=judged.tags[column],
        threshold=threshold,
        pictures=len(one.rows),
        positives=one.positives,
        sources_with=one.sources_with,
        scores=measured,
        reliability=reliability(one.probabilities, one.shown, seed),
        curve=precision_recall(one.probabilities, one.shown),
        mistakes=mistakes(judged, one, threshold),
    )


def _unmeasured(
    judged: Judged, columns: tuple[int, ...], unreported: Mapping[str, str]
) -> tuple[Unmeasured, ...]:
    return tuple(
        Unmeasured(
            tag=tag,
            positives=judged.one(column).positives,
            reason=unreported.get(tag)
            or _lacking(judged.one(column))
            or "the model does not report it",
        )
        for column, tag in enumerate(judged.tags)
        if column not in columns
    )


def _lacking(one: OneTag) -> str | None:
    if not one.positives:
        return "no picture shows it"
    return "every picture shows it" if one.shown.all() else None


def _mean(numbers: list[float]) -> float:
    known = [number for number in numbers if np.isfinite(number)]
    return float(np.mean(known)) if known else float("nan")
