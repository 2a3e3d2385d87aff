"""The arithmetic of a censored copy: which frames go, and where what stays comes to lie.

Frames decide: one goes if more than a moment of the time it is shown lies in a span. Sound follows
the picture: what is removed of it is just the time of the frames that went, so that both stay in
step however spans and frames lie to each other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ...db.records import Span

# Times are whole microseconds, in Matroska milliseconds: an edge so near to a frame's is the same.
TOUCH_US = 1_001


class Cover(StrEnum):
    """What is shown in place of a picture that should not be seen."""

    BLUR = "blur"
    BLACK = "black"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a copy leaves out, silences and covers; spans of the film's time, in order, apart."""

    cut: tuple[Span, ...]
    mute: tuple[Span, ...]
    covered: tuple[Span, ...]
    cover: Cover


def touches(spans: Iterable[Span], start_us: int, end_us: int) -> bool:
    """Whether a frame that is shown from `start_us` to `end_us` shows anything of the spans."""
    start_us, end_us = start_us + TOUCH_US, end_us - TOUCH_US
    return any(span.start_us < end_us and start_us < span.end_us for span in spans)


@dataclass(slots=True)
class Removals:
    """The times of frames that went, as they went; the last may still go on."""

    closed: list[Span] = field(default_factory=list)
    open_us: int | None = None
    removed_us: int = 0

    def frame(self, time_us: int, *, goes: bool) -> int | None:
        """Take the next frame; return its time in the copy, None if it goes."""
        if goes:
            if self.open_us is None:
                self.open_us = time_us
            return None
        if self.open_us is not None:
            self.closed.append(Span(self.open_us, time_us))
            self.removed_us += time_us - self.open_us
            self.open_us = None
        return time_us - self.removed_us

    def left(self, start_us: int, end_us: int) -> Iterator[tuple[int, int, int]]:
        """Yield what is left of a stretch: (from, to, time of `from` in the copy).

        Only asked of times that the picture has passed. What goes on going goes to the end.
        """
        removed_us, at_us = 0, start_us
        for span in self.closed:
            if span.end_us <= at_us:
                removed_us += span.length_us
                continue
            if span.start_us >= end_us:
                break
            if at_us < span.start_us:
                yield at_us, span.start_us, at_us - removed_us
            removed_us += span.length_us
            at_us = span.end_us
        last_us = end_us if self.open_us is None else min(end_us, self.open_us)
        if at_us < last_us:
            yield at_us, last_us, at_us - removed_us
