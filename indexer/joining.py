"""A film decoded in legs by helpers, its frames in order as if one decoder had gone through it.

A leg ends where the next begins. There both decode the same few frames; if those differ, or
anything failed near by, decoding from that keyframe is not exact: then the leg before is decoded
once more, on to the film's end. So the frames are the same however many helpers there are.
"""

import itertools
import select
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np

from .decode import film_end_us
from .leg_client import Course, Helper
from .legs import Decoded, Keyframe, Leg, fit
from .pixels_type import Pixels
from .placing import Placed, Placing
from .probe import Source


class JoinedFrame:
    """A frame that a helper decoded; what may be a sample is held there as long as this lives."""

    __slots__ = ("_frame", "_helper", "_thumbnail", "lost_from_us", "number", "time_us")

    def __init__(self, placed: Placed, decoded: Decoded, helper: Helper) -> None:
        self.number, self.time_us = placed.number, placed.time_us
        self.lost_from_us = placed.lost_from_us
        self._thumbnail = decoded.thumbnail, (decoded.height, decoded.width, 3)
        self._frame = decoded.frame if decoded.held else None
        self._helper = helper

    def __del__(self) -> None:
        if self._frame is not None:
            self._helper.drop(self._frame)

    def thumbnail(self) -> Pixels:
        """See SeenFrame."""
        data, shape = self._thumbnail
        return np.frombuffer(data, np.uint8).reshape(shape)

    def picture(self) -> Pixels:
        """See SeenFrame."""
        if self._frame is None:
            raise RuntimeError(f"frame {self.number} was not held: no sample was to be there")
        return self._helper.picture(self._frame)


class Joined:
    """All frames of a film. Use as a context manager: on leaving, the helpers are gone.

    `keyframes` are where legs may begin.
    """

    def __init__(
        self,
        source: Source,
        placing: Placing,
        helpers: Sequence[Helper],
        keyframes: Iterator[Keyframe],
    ) -> None:
        self._source, self._placing, self._helpers = source, placing, helpers
        self._keyframes = keyframes
        self._next: Keyframe | None = None
        self._planned = False
        self._turns = itertools.count()
        self._courses: list[Course] = []
        self._base = self._errors = 0
        self._by_fd = {helper.line.fileno(): helper for helper in helpers}
        self._poll = select.poll()
        for fd in self._by_fd:
            self._poll.register(fd, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for helper in self._helpers:
            helper.close()
        for helper in self._helpers:
            helper.wait()

    def __iter__(self) -> Iterator[JoinedFrame]:
        """Yield the frames, in order of presentation."""
        self._employ()
        while self._courses:
            yield from self._frames_of(self._courses[0])
            self._courses.pop(0)
            if self._courses and not self._courses[0].again:
                self._base, self._errors = self._base + self._errors, 0

    @property
    def errors(self) -> int:
        """How much could not be decoded, or not be placed, so far."""
        return self._base + self._errors + self._placing.unplaced

    @property
    def first_us(self) -> int | None:
        """The first frame's time on the stream's own time line."""
        return self._placing.clock.first_us

    @property
    def film_frames(self) -> int:
        """How many frames were shown so far."""
        return self._placing.frames

    def ends_us(self) -> tuple[int, int]:
        """Return where the last frame ends, and where the film does."""
        seen_us = self._placing.seen_us
        return seen_us, film_end_us(self._source, self.first_us, seen_us)

    def _frames_of(self, course: Course) -> Iterator[JoinedFrame]:
        while (decoded := self._coming(course)) is not None:
            self._errors = decoded.errors
            placed = self._placing.place(decoded.stamps, self._base + decoded.errors)
            if placed is not None:
                yield JoinedFrame(placed, decoded, course.helper)
            elif decoded.held:
                course.helper.drop(decoded.frame)
        self._hear_until(lambda: course.settled)
        self._errors = course.errors_at_end

    def _coming(self, course: Course) -> Decoded | None:
        """Return the leg's next frame; None if there is no more."""
        self._hear_until(lambda: bool(course.waiting) or course.ended is not None)
        return course.waiting.popleft() if course.waiting else None

    def _hear_until(self, there: Callable[[], bool]) -> None:
        """Take what helpers say, judge where legs meet, and keep helpers busy.

        Judging comes before waiting: something may have been heard with a picture.
        """
        wait_ms: int | None = 0
        while True:
            for fd, _ in self._poll.poll(wait_ms):
                self._by_fd[fd].hear()
            self._settle()
            self._employ()
            if there():
                return
            # A helper that holds all it may goes on only when it hears of what was let go.
            for helper in self._helpers:
                helper.flush()
            wait_ms = None

    def _employ(self) -> None:
        for helper in self._helpers:
            if helper.course is None and not self._planned:
                first, self._next = self._next, next(self._keyframes, None)
                self._planned = self._next is None
                self._courses.append(helper.begin(Leg(next(self._turns), first, self._next)))

    def _settle(self) -> None:
        """Judge of each leg that has ended whether the next one goes on from there."""
        for course, following in itertools.pairwise([*self._courses, None]):
            if course is None or course.settled or course.ended is None:
                continue
            if course.leg.end is None or not course.ended.reached:
                course.settled = True
                self._drop_after(course)
                return
            if following is None or not following.has_begun:
                continue
            course.settled = True
            if not fit(course.ended, course.errors, course.beyond, following.begun):
                self._drop_after(course)
                self._decode_on(course, following.helper)
                return

    def _drop_after(self, course: Course) -> None:
        """Forget all legs after one: the film is over there, or is decoded on from it."""
        self._planned = True
        after = self._courses.index(course) + 1
        for later in self._courses[after:]:
            later.drop()
        del self._courses[after:]

    def _decode_on(self, course: Course, helper: Helper) -> None:
        """Decode a leg once more, and on to the film's end; its frames so far are known."""
        leg = replace(course.leg, turn=next(self._turns), end=None, passed=course.frames)
        again = helper.begin(leg)
        again.again = True
        self._courses.append(again)
