"""What the cheap measure settles by itself, and what it leaves in doubt.

A cut is a change that stands alone: much larger than the changes around it, after which the picture
does not come back. What stands out less, or comes back (a flash), is doubtful; so are frames around
which the colours move far without such a cut, as in dissolves, fades and wipes. All else is one shot.

Repeated frames (pull-down, animation on twos or threes) make every real change stand alone among
changes of nothing: changes are compared with the nearest ones that are real.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from .cuts_measure import Measured, colour_distance, difference


class Verdict(Enum):
    """What is known of a frame: it goes on with the shot, begins another, or must be looked at."""

    SAME = auto()
    CUT = auto()
    DOUBTFUL = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers behind a verdict; chosen on made films, see docs/performance.md.

    Changes are mean differences of thumbnails, 0 to 255. `near` is how many frames to either side
    are asked, for neighbours and for a picture that comes back: a third of a second. `neighbours`
    real changes among them are compared, on each side. A change is real from `real` on: under it is
    what coding leaves of a repeated frame. A cut is at least `cut_change` and `cut_ratio` times its
    neighbours, a doubtful frame at least `doubt_change` and `doubt_ratio` times. A picture has come
    back if it differs from that before by less than `back` times the change. Colours that move
    `colours` within `2 * near` frames are doubtful.
    """

    near: int = 8
    neighbours: int = 3
    real: float = 0.5
    cut_change: float = 12.0
    cut_ratio: float = 3.0
    doubt_change: float = 3.0
    doubt_ratio: float = 1.5
    back: float = 0.5
    colours: float = 12.0


@dataclass(slots=True)
class Settler:
    """Settles frames in order, `2 * near` late: `near` for its peak, as many for its colours."""

    rules: Rules = field(default_factory=Rules)
    _frames: deque[Measured] = field(default_factory=deque)
    _peaks: deque[Verdict] = field(default_factory=deque)
    _settled: int = 0

    @property
    def lag(self) -> int:
        """How many frames late a verdict comes."""
        return 2 * self.rules.near

    def feed(self, frame: Measured) -> Iterator[tuple[Measured, Verdict]]:
        """Take the next frame; yield those that are settled now."""
        self._frames.append(frame)
        yield from self._settle(self.rules.near)

    def rest(self) -> Iterator[tuple[Measured, Verdict]]:
        """Yield the film's last frames, of which nothing more will be known."""
        yield from self._settle(0)
        while self._settled < len(self._frames):
            yield self._next()

    def _settle(self, ahead: int) -> Iterator[tuple[Measured, Verdict]]:
        """Settle all peaks that have as many frames after them, and what follows from that."""
        while len(self._frames) - len(self._peaks) > ahead:
            self._peaks.append(self._peak(len(self._peaks)))
            if len(self._peaks) - self._settled > self.rules.near:
                yield self._next()

    def _next(self) -> tuple[Measured, Verdict]:
        """Settle one more frame, and forget what no later one asks for."""
        at, verdict = self._settled, self._peaks[self._settled]
        if verdict is Verdict.SAME and self._colours_move(at):
            verdict = Verdict.DOUBTFUL
        frame = self._frames[at]
        self._settled += 1
        while self._settled > 2 * self.rules.near:
            self._frames.popleft()
            self._peaks.popleft()
            self._settled -= 1
        return frame, verdict

    def _peak(self, at: int) -> Verdict:
        rules, change = self.rules, self._frames[at].change
        around = max(self._neighbours(at), default=0.0)
        if change < rules.doubt_change or change < rules.doubt_ratio * around:
            return Verdict.SAME
        alone = change >= rules.cut_change and change >= rules.cut_ratio * around
        return Verdict.CUT if alone and not self._comes_back(at) else Verdict.DOUBTFUL

    def _neighbours(self, at: int) -> Iterator[float]:
        """Yield the nearest real changes before and after."""
        near = self.rules.near
        before = range(at - 1, max(0, at - 1 - near), -1)
        after = range(at + 1, min(len(self._frames), at + 1 + near))
        for side in (before, after):
            real = (c for n in side if (c := self._frames[n].change) >= self.rules.real)
            yield from itertools.islice(real, self.rules.neighbours)

    def _comes_back(self, at: int) -> bool:
        """Tell whether a picture before is seen again after: a flash, or its end."""
        frames, near = self._frames, self.rules.near
        limit = self.rules.back * frames[at].change
        last, first = frames[at - 1].thumbnail, frames[at].thumbnail
        after = range(at + 1, min(len(frames), at + 1 + near))
        before = range(at - 2, max(-1, at - 2 - near), -1)
        return any(difference(frames[n].thumbnail, last) < limit for n in after) or any(
            difference(frames[n].thumbnail, first) < limit for n in before
        )

    def _colours_move(self, at: int) -> bool:
        """Tell whether colours move far around a frame, between the cuts to either side of it."""
        near, cut = self.rules.near, Verdict.CUT
        first = next((n for n in range(at, max(0, at - near), -1) if self._peaks[n] is cut), None)
        if first is None:
            first = max(0, at - near)
        stop = min(len(self._peaks), at + near + 1)
        last = next((n for n in range(at + 1, stop) if self._peaks[n] is cut), stop) - 1
        return colour_distance(self._frames[first], self._frames[last]) >= self.rules.colours
