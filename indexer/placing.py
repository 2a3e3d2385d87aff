"""Where decoded frames belong on the film's clock, and what was lost between them.

The same whether one decoder went through the film or several, each through a leg of it.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from ..db.records import US_PER_SECOND
from .clock import BestTimestamps, Clock

# Undecodable frames that leave a hole as long as this leave a stretch that was not looked at.
LOST_US = US_PER_SECOND


@dataclass(frozen=True, slots=True)
class Stamps:
    """What a decoded frame says of its time, in units of `time_base` seconds.

    `length_us` is how long it says that it is shown; 0 if it does not.
    """

    pts: int | None
    dts: int | None
    time_base: Fraction | None
    length_us: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame's number among those shown, and its time.

    `lost_from_us` is where a stretch began that could not be decoded and that this frame ends.
    """

    number: int
    time_us: int
    lost_from_us: int | None


@dataclass(slots=True)
class Placing:
    """Is told of every decoded frame in order; `unplaced` counts those that came too late."""

    clock: Clock
    frames: int = 0
    unplaced: int = 0
    _best: BestTimestamps = field(default_factory=BestTimestamps)
    _last_length_us: int = 0
    _errors_before: int = 0

    def place(self, stamps: Stamps, errors: int) -> Placed | None:
        """Place the next frame, before which there were `errors`; None if it has no place."""
        seen_us = self.seen_us if self.frames else 0
        best = self._best.choose(stamps.pts, stamps.dts)
        time_us = self.clock.time_us(best, stamps.time_base)
        if time_us is None:
            self.unplaced += 1
            return None
        faults = errors + self.unplaced
        lost = faults > self._errors_before and time_us - seen_us >= LOST_US
        self._errors_before = faults
        self._last_length_us = stamps.length_us or self.clock.frame_us
        self.frames += 1
        return Placed(self.frames - 1, time_us, seen_us if lost else None)

    @property
    def seen_us(self) -> int:
        """Where the last frame so far ceases to be shown."""
        return self.clock.last_us + self._last_length_us
