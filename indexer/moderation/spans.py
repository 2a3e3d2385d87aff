"""From probabilities of shots to spans of film, in six steps that each keep to one question.

1. hysteresis: a span begins with a shot at the threshold, and goes on while shots keep `leave_at`
   (a Schmitt trigger; Schmitt, J. Scientific Instruments 15, 1938);
2. gap: spans no further apart than `gap` become one;
3. minimum duration: what is shorter is dropped, before padding can make it longer;
4. padding, within the film;
5. snapping: outwards to the edges of the shots that are touched, never inwards;
6. brackets: an edge that is only known to lie in a bracket, or that lies in a gradual transition,
   moves to its outer end.
Spans that touch after this are one.
"""

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...db.records import Boundary, Span
from .policy import Shaping, Snap


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model said of one tag in one shot, or in a piece of it.

    Shots that were not looked at have no reading, nor need those under `leave_at`.
    """

    span: Span
    probability: float


@dataclass(frozen=True, slots=True)
class Edges:
    """Where a film's shots begin, as brackets in order, the first at 0; `end_us` is its end."""

    begins: tuple[Boundary, ...]
    starts_us: tuple[int, ...]
    end_us: int

    def __post_init__(self) -> None:
        if len(self.begins) != len(self.starts_us):
            raise ValueError("one bracket for each shot")

    @property
    def film(self) -> Span | None:
        """The whole film, None if it has no time at all."""
        return Span(0, self.end_us) if self.end_us > 0 else None


def shaped(readings: Sequence[Reading], threshold: float, shaping: Shaping) -> list[Span]:
    """Return where a tag is, by steps 1 to 3; readings are in order and do not overlap."""
    leave_at = threshold if shaping.leave_at is None else shaping.leave_at
    found = bridged(hysteresis(readings, threshold, leave_at), shaping.gap_us)
    return [span for span in found if span.length_us >= shaping.min_duration_us]


def finished(spans: Iterable[Span], shaping: Shaping, edges: Edges) -> list[Span]:
    """Take spans through steps 4 to 6; what lies past the end of the film goes."""
    whole = edges.film
    if whole is None:
        return []
    padded = (padded_by(span, shaping, whole) for span in spans)
    inside = [span for span in padded if span is not None]
    if shaping.snap is Snap.SHOT:
        inside = [snapped(span, edges) for span in inside]
    return union(widened(span, edges) for span in inside)


def hysteresis(readings: Iterable[Reading], enter_at: float, leave_at: float) -> Iterator[Span]:
    """Yield runs of adjoining readings that begin at `enter_at` and keep `leave_at`."""
    start_us = end_us = -1
    for reading in readings:
        adjoins = reading.span.start_us == end_us
        if end_us >= 0 and not (adjoins and reading.probability >= leave_at):
            yield Span(start_us, end_us)
            end_us = -1
        if end_us >= 0:
            end_us = reading.span.end_us
        elif reading.probability >= enter_at:
            start_us, end_us = reading.span.start_us, reading.span.end_us
    if end_us >= 0:
        yield Span(start_us, end_us)


def bridged(spans: Iterable[Span], gap_us: int) -> list[Span]:
    """Join spans, given in order, that are no further apart than `gap_us`."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start_us - joined[-1].end_us <= gap_us:
            end_us = max(joined[-1].end_us, span.end_us)
            joined[-1] = Span(joined[-1].start_us, end_us)
        else:
            joined.append(span)
    return joined


def padded_by(span: Span, shaping: Shaping, film: Span) -> Span | None:
    """Make a span longer at both ends, within the film; None if it is not in the film at all."""
    start_us = max(film.start_us, span.start_us - shaping.pad_before_us)
    end_us = min(film.end_us, span.end_us + shaping.pad_after_us)
    return Span(start_us, end_us) if start_us < end_us else None


def snapped(span: Span, edges: Edges) -> Span:
    """Widen a span to whole shots."""
    first = max(0, bisect.bisect_right(edges.starts_us, span.start_us) - 1)
    after = bisect.bisect_left(edges.starts_us, span.end_us)
    end_us = edges.starts_us[after] if after < len(edges.starts_us) else edges.end_us
    start_us = edges.starts_us[first] if edges.starts_us else span.start_us
    return Span(min(start_us, span.start_us), max(end_us, span.end_us))


def widened(span: Span, edges: Edges) -> Span:
    """Move an edge that falls into a boundary's bracket to the bracket's outer end."""
    start_us, end_us = span.start_us, span.end_us
    # Brackets may overlap each other, so those around the edge are looked at, not one.
    for near in _near(edges, span.start_us):
        if near.lo_us <= span.start_us <= near.hi_us:
            start_us = min(start_us, near.lo_us)
    for near in _near(edges, span.end_us):
        if near.lo_us <= span.end_us <= near.hi_us:
            end_us = max(end_us, near.hi_us)
    return Span(start_us, min(end_us, max(edges.end_us, span.end_us)))


def _near(edges: Edges, time_us: int) -> tuple[Boundary, ...]:
    at = bisect.bisect_right(edges.starts_us, time_us)
    return edges.begins[max(0, at - 2) : at + 2]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the time that is in any of the spans, as spans that do not touch."""
    return bridged(sorted(spans), 0)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return the time of `spans` that is in none of `taken`."""
    left = union(spans)
    for hole in union(taken):
        left = list(itertools.chain.from_iterable(_minus(span, hole) for span in left))
    return left


def within(spans: Iterable[Span], frame: Iterable[Span]) -> list[Span]:
    """Return the time that is both in `spans` and in `frame`."""
    both = union(spans)
    return without(both, without(both, frame))


def seconds_us(spans: Iterable[Span]) -> int:
    """Add up the time of spans, what overlaps once, in microseconds."""
    return sum(span.length_us for span in union(spans))


def readings_without(readings: Iterable[Reading], taken: Sequence[Span]) -> list[Reading]:
    """Cut times out of readings, in order; a reading may fall into several pieces."""
    if not taken:
        return list(readings)
    return [
        Reading(piece, reading.probability)
        for reading in readings
        for piece in without([reading.span], taken)
    ]


def _minus(span: Span, hole: Span) -> Iterator[Span]:
    if hole.end_us <= span.start_us or span.end_us <= hole.start_us:
        yield span
        return
    if span.start_us < hole.start_us:
        yield Span(span.start_us, hole.start_us)
    if hole.end_us < span.end_us:
        yield Span(hole.end_us, span.end_us)
