"""A film as a table of stretches with their tags, and films that are like one another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..db.records import US_PER_SECOND, ModelFacts, Shot, Span

# A tag belongs to a stretch that shows it for this share of its time.
LEAST_COVERAGE = 0.2


@dataclass(frozen=True, slots=True)
class StretchTag:
    """How much a stretch shows of a tag: seconds and coverage in shots that have it, and peak."""

    tag: str
    seconds: float
    coverage: float
    peak: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring shots that belong together; `first` and `last` are their places, from 0."""

    first: int
    last: int
    span: Span
    seen_us: int
    tags: tuple[StretchTag, ...]


def stretches(shots: Sequence[Shot], begins: Sequence[int], model: ModelFacts) -> list[Stretch]:
    """Tell a film by its stretches; begins: the places of the shots that begin one."""
    ends = [*begins[1:], len(shots)]
    return [
        _stretch(shots[first:end], first, model) for first, end in zip(begins, ends, strict=True)
    ]


def _stretch(shots: Sequence[Shot], first: int, model: ModelFacts) -> Stretch:
    span = Span(shots[0].span.start_us, shots[-1].span.end_us)
    seen = [shot for shot in shots if shot.probabilities is not None]
    seen_us = sum(shot.span.length_us for shot in seen)
    tags = []
    for column, entry in enumerate(model.tags):
        threshold = entry.threshold
        if threshold is None or not seen:
            continue
        values = np.array([shot.probabilities[column] for shot in seen if shot.probabilities])
        has_us = sum(
            shot.span.length_us
            for shot, value in zip(seen, values.tolist(), strict=True)
            if value >= threshold
        )
        if has_us >= LEAST_COVERAGE * seen_us:
            coverage = has_us / seen_us
            tag = StretchTag(entry.tag, has_us / US_PER_SECOND, coverage, float(values.max()))
            tags.append(tag)
    tags.sort(key=lambda tag: (-tag.coverage, -tag.peak, tag.tag))
    return Stretch(first, first + len(shots) - 1, span, seen_us, tuple(tags))
