"""Frames and timecode, drop-frame too (SMPTE ST 12-1), for films of constant frame rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from ...db.records import US_PER_SECOND, Span

# Timestamps are whole microseconds, and in Matroska were whole milliseconds.
JITTER_US = 1_001
# A rate as probed: near enough to a standard one, or timecode cannot count it.
RATE_TOLERANCE = Fraction(1, 5000)
STANDARD = tuple(
    Fraction(rate, divisor)
    for rate in (24, 25, 30, 48, 50, 60)
    for divisor in (1, Fraction(1001, 1000))
)
NOMINAL = {24, 25, 30, 48, 50, 60}
DAY_HOURS = 24


def constant_rate(frame_rate: float, times_us: Iterable[int]) -> Fraction | None:
    """Return the standard rate at which frames at `times_us` are all multiples of a frame.

    None if there is none: another rate, or a variable one. The times are those of a film's shots
    and samples, a few of its frames: that it is constant is shown by them, not proved.
    """
    near = [r for r in STANDARD if abs(Fraction(frame_rate) - r) <= r * RATE_TOLERANCE]
    all_us = list(times_us)
    for rate in sorted(near, key=lambda r: abs(Fraction(frame_rate) - r)):
        if all(_off_grid_us(time_us, rate) <= JITTER_US for time_us in all_us):
            return rate
    return None


def _off_grid_us(time_us: int, rate: Fraction) -> Fraction:
    frame = round(time_us * rate / US_PER_SECOND)
    return abs(time_us - frame * US_PER_SECOND / rate)


def frames_of(span: Span, rate: Fraction) -> tuple[int, int]:
    """Return a span's first frame and the one after its last: every frame that it touches."""
    jitter = JITTER_US * rate / US_PER_SECOND
    first = span.start_us * rate / US_PER_SECOND + jitter
    after = span.end_us * rate / US_PER_SECOND - jitter
    begin = first.__floor__()
    return begin, max(begin + 1, after.__ceil__())


@dataclass(frozen=True, slots=True)
class Timecode:
    """How a rate's frames are counted: `base` to a second, of which some numbers are dropped."""

    rate: Fraction

    @property
    def base(self) -> int:
        """Frames to a second of timecode."""
        return round(self.rate)

    @property
    def drops(self) -> bool:
        """Whether this is a rate that drop-frame is for: 29.97 and 59.94."""
        return self.rate in (Fraction(30_000, 1001), Fraction(60_000, 1001))

    def write(self, frame: int) -> str:
        """Write a frame's timecode, `HH:MM:SS:FF` or `HH:MM:SS;FF`; after a day it begins anew."""
        if self.drops:
            frame = self._numbered(frame)
        seconds, frames = divmod(frame, self.base)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        mark = ";" if self.drops else ":"
        return f"{hours % DAY_HOURS:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"

    def read(self, text: str) -> int:
        """Return the frame of a timecode. Raises ValueError if it is none, or is dropped."""
        parts = text.replace(";", ":").split(":")
        if len(parts) != 4 or not all(part.isdecimal() and len(part) == 2 for part in parts):
            raise ValueError(f"{text!r} is no timecode; it is written 01:00:00:00")
        hours, minutes, seconds, frames = map(int, parts)
        if minutes > 59 or seconds > 59 or frames >= self.base:
            raise ValueError(f"{text!r} is no timecode at {self.base} frames a second")
        number = ((hours * 60 + minutes) * 60 + seconds) * self.base + frames
        if not self.drops:
            return number
        drop = self.base // 15
        if minutes % 10 and seconds == 0 and frames < drop:
            raise ValueError(f"{text!r} is a number that drop-frame timecode leaves out")
        total = hours * 60 + minutes
        return number - drop * (total - total // 10)

    def _numbered(self, frame: int) -> int:
        """Leave out the first numbers of every minute but each tenth: 2 at 29.97, 4 at 59.94."""
        drop = self.base // 15
        a_minute, ten_minutes = 60 * self.base - drop, 600 * self.base - 9 * drop
        tens, rest = divmod(frame, ten_minutes)
        left_out = 9 * drop * tens
        if rest >= 60 * self.base:
            left_out += drop * ((rest - 60 * self.base) // a_minute + 1)
        return frame + left_out
