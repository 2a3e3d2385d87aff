"""Fades: one picture leaves for one colour, and another comes out of it.

That much is seen for certain, without a network: however the two pictures go and come, the frames
between are of one colour. A picture that comes back was a flash or lights out, no new shot.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..db.records import US_PER_SECOND
from .cuts_answers import Edge
from .cuts_measure import Measured, difference, is_one_colour, only_light_changed

# One colour that is held for longer is a shot of its own.
LONGEST_HOLD_US = 2 * US_PER_SECOND
# Contrast that changes by less within STEADY_FRAMES is no longer faded.
STEADY = 0.03
STEADY_FRAMES = 3
# As in cuts_doubt: a picture has come back that differs by less than this part of the change.
BACK = 0.5


@dataclass(slots=True)
class Fades:
    """Is shown every frame; yields a fade a few frames after the new picture has come.

    Remembers `reach` frames: a fade that takes longer begins there.
    """

    reach: int
    _frames: deque[Measured] = field(default_factory=deque)
    _left: Measured | None = None
    _first: int = 0
    _flat_from: Measured | None = None
    _flat_to: Measured | None = None

    def feed(self, frame: Measured) -> Iterator[Edge]:
        """Take the next frame."""
        self._frames.append(frame)
        if len(self._frames) > self.reach:
            self._frames.popleft()
        if is_one_colour(frame):
            self._flat(frame)
            return
        if self._flat_to is None or len(self._frames) <= STEADY_FRAMES:
            return
        at = self._frames[-1 - STEADY_FRAMES]
        if at.number <= self._flat_to.number:
            return
        coming = [self._frames[-n].contrast for n in range(1, STEADY_FRAMES + 1)]
        if at.contrast >= (1 - STEADY) * max(coming):
            yield from self._came(at)

    def _flat(self, frame: Measured) -> None:
        """Begin or go on with one colour, and note what was left for it."""
        if self._flat_to is None:
            self._flat_from = frame
            self._left, self._first = self._leaving()
        self._flat_to = frame

    def _leaving(self) -> tuple[Measured | None, int]:
        """Return the last frame that was not faded yet, and the number of the first that was."""
        frames = self._frames
        for at in range(len(frames) - 2, -1, -1):
            before = [frames[n].contrast for n in range(max(0, at - STEADY_FRAMES), at)]
            if frames[at].contrast >= (1 - STEADY) * max(before, default=0.0):
                return frames[at], frames[at].number + 1
        return None, frames[0].number

    def _came(self, frame: Measured) -> Iterator[Edge]:
        left, start, end = self._left, self._flat_from, self._flat_to
        self._left = self._flat_from = self._flat_to = None
        if left is None or start is None or end is None:
            return
        if end.time_us - start.time_us > LONGEST_HOLD_US:
            return
        gone = difference(left.thumbnail, start.thumbnail)
        near = difference(left.thumbnail, frame.thumbnail) < BACK * gone
        # Two pictures may be near each other and far from black; one picture has one pattern too.
        if not (near and only_light_changed(left, frame)):
            yield Edge(self._first, frame.number)
