"""One clock: native timestamps become whole microseconds from the first frame, ever rising."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from ..db.records import US_PER_SECOND

# Less than this backwards is a frame out of order; more is a clock that began again.
JUMP_US = US_PER_SECOND


@dataclass(slots=True)
class BestTimestamps:
    """Chooses between a frame's presentation and decoding timestamps, as FFmpeg's players do.

    Some files (XviD in AVI, packed B-frames) have presentation times that go back and forth while
    their decoding times rise evenly. Whichever kind has failed to rise less often so far is
    believed (libavcodec's "best effort timestamp").
    """

    _pts_faults: int = 0
    _dts_faults: int = 0
    _last_pts: int | None = None
    _last_dts: int | None = None

    def choose(self, pts: int | None, dts: int | None) -> int | None:
        """Return the timestamp to believe; None if there is neither."""
        if dts is not None:
            self._dts_faults += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._pts_faults += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        if pts is None or (dts is not None and self._pts_faults > self._dts_faults):
            return dts
        return pts


@dataclass(slots=True)
class Clock:
    """Turns a stream's timestamps into the film's time.

    Frames without a timestamp follow at the stream's frame rate. A frame that is not later than
    the one before has no place (None). After a jump back of a second or more, as in transport
    streams that were joined, time goes on from where it was.

    `first_us` is the first frame's time on the stream's own time line.
    """

    frame_us: int
    first_us: int | None = None
    last_us: int = -1
    _shift_us: int = 0

    @classmethod
    def at_rate(cls, frame_rate: Fraction) -> Self:
        """Begin for a stream with this many frames a second."""
        return cls(frame_us=max(1, round(US_PER_SECOND / frame_rate)))

    def time_us(self, timestamp: int | None, time_base: Fraction | None) -> int | None:
        """Place a frame with this timestamp, in units of `time_base` seconds."""
        if timestamp is None or time_base is None:
            return self._go_on()
        native_us = round(timestamp * time_base * US_PER_SECOND)
        if self.first_us is None:
            self.first_us = native_us
        now_us = native_us - self.first_us + self._shift_us
        if now_us <= self.last_us - JUMP_US:
            self._shift_us += self.last_us + self.frame_us - now_us
            return self._go_on()
        if now_us <= self.last_us:
            return None
        self.last_us = now_us
        return now_us

    def _go_on(self) -> int:
        if self.first_us is None:
            self.first_us = 0
        self.last_us = 0 if self.last_us < 0 else self.last_us + self.frame_us
        return self.last_us
