"""What the cheap measure settles by itself, and what it leaves in doubt.

A cut is a change that stands alone: much larger than the changes around it, after which the picture
does not come back. What stands out less is doubtful, and so is a picture that comes back, unless
only its light had changed (a flash). So are frames around which the colours move far without such
a cut, as in dissolves, fades and wipes. The rest is settled: the shot goes on.

Repeated frames (pull-down, animation on twos or threes) make every real change stand alone among
changes of nothing: changes are compared with the nearest ones that are real.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from .cuts_measure import (
    Measured,
    colour_distance,
    difference,
    mixture,
    only_light_changed,
)


class Verdict(Enum):
    """What is known of a frame: it goes on with the shot, begins another, or must be looked at.

    Doubtful is whether a shot begins at this very frame; slow, whether one is coming meanwhile.
    """

    SAME = auto()
    CUT = auto()
    DOUBTFUL = auto()
    SLOW = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers behind a verdict; chosen on made films, see docs/performance.md.

    Changes are mean differences of thumbnails, 0 to 255. `near` is how many frames to either side
    are asked, for neighbours and for a picture that comes back: a third of a second. `neighbours`
    real changes among them are compared, on each side. A change is real from `real` on: under it is
    what coding leaves of a repeated frame.

    A cut is at least `cut_change` and `cut_ratio` times its neighbours; where only the one or the
    other holds, `doubt_change` and `doubt_ratio` will do to be doubtful. Beside a fast movement, or
    another cut, it is enough to stand out from one side, and to be no less than `beside` of the
    other. A picture has come back if it differs from that before by less than `back` times the
    change.

    Colours that move `colours` within `2 * reach` frames are doubtful, unless the picture half way
    is no mixture: where each pixel lies between what it was and what it will be, it differs from
    their mean by at most half of what they differ. What moves besides adds a little: `between` is
    that half and a tenth of it. A fade shows neither picture half way, but less than `faded` of the
    contrast of either. Any transition is seen so from several frames in a row, `lasting` to either
    side at least.
    """

    near: int = 8
    neighbours: int = 3
    real: float = 0.5
    cut_change: float = 12.0
    cut_ratio: float = 3.0
    doubt_change: float = 3.0
    doubt_ratio: float = 1.5
    beside: float = 0.5
    back: float = 0.5
    reach: int = 12
    lasting: int = 3
    colours: float = 12.0
    between: float = 0.55
    faded: float = 0.5


@dataclass(slots=True)
class Settler:
    """Settles frames in order: `near` late for their peaks, more for what goes slowly."""

    rules: Rules = field(default_factory=Rules)
    _frames: deque[Measured] = field(default_factory=deque)
    _peaks: deque[Verdict] = field(default_factory=deque)
    _going: deque[bool] = field(default_factory=deque)
    _settled: int = 0

    @property
    def lag(self) -> int:
        """How many frames late a verdict comes."""
        return self.rules.near + self.rules.reach + self.rules.lasting

    def feed(self, frame: Measured) -> Iterator[tuple[Measured, Verdict]]:
        """Take the next frame; yield those that are settled now."""
        self._frames.append(frame)
        yield from self._settle(self.rules.near, self.rules.reach, self.rules.lasting)

    def rest(self) -> Iterator[tuple[Measured, Verdict]]:
        """Yield the film's last frames, of which nothing more will be known."""
        yield from self._settle(0, 0, 0)

    def _settle(self, near: int, reach: int, lasting: int) -> Iterator[tuple[Measured, Verdict]]:
        """Settle what has so many frames after it."""
        while len(self._frames) - len(self._peaks) > near:
            self._peaks.append(self._peak(len(self._peaks)))
        while len(self._peaks) - len(self._going) > reach:
            self._going.append(self._goes_over(len(self._going)))
        while len(self._going) - self._settled > lasting:
            yield self._next()

    def _next(self) -> tuple[Measured, Verdict]:
        """Settle one more frame, and forget what no later one asks for."""
        at, verdict = self._settled, self._peaks[self._settled]
        frame = self._frames[at]
        if verdict is Verdict.SAME and self._goes_on(at):
            verdict = Verdict.SLOW
        self._settled += 1
        while self._settled > self.lag:
            for past in (self._frames, self._peaks, self._going):
                past.popleft()
            self._settled -= 1
        return frame, verdict

    def _goes_on(self, at: int) -> bool:
        """Tell whether one picture goes over into another here, and some frames to either side."""
        lasting = self.rules.lasting
        around = range(max(0, at - lasting), min(len(self._going), at + lasting + 1))
        return all(self._going[n] for n in around)

    def _peak(self, at: int) -> Verdict:
        rules, change = self.rules, self._frames[at].change
        if change < min(rules.doubt_change, rules.cut_change):
            return Verdict.SAME
        sides = [max(side, default=0.0) for side in self._neighbours(at)] or [0.0]
        ratio, one_sided = (change / max(limit(sides), rules.real) for limit in (max, min))
        large, small = change >= rules.cut_change, change >= rules.doubt_change
        stands_out = (
            (small and ratio >= rules.cut_ratio)
            or (large and ratio >= rules.doubt_ratio)
            or (large and ratio >= rules.beside and one_sided >= rules.cut_ratio)
        )
        if not stands_out:
            return Verdict.SAME
        if self._comes_back(at):
            before, after = self._frames[at - 1], self._frames[at]
            return Verdict.SAME if only_light_changed(before, after) else Verdict.DOUBTFUL
        return Verdict.CUT if large and ratio >= rules.cut_ratio else Verdict.DOUBTFUL

    def _neighbours(self, at: int) -> Iterator[list[float]]:
        """Yield the nearest real changes before, and those after.

        Where the film begins or ends there is nothing on one side, and it says nothing.
        """
        near = self.rules.near
        before = range(at - 1, max(0, at - 1 - near), -1)
        after = range(at + 1, min(len(self._frames), at + 1 + near))
        for side in filter(None, (before, after)):
            real = (c for n in side if (c := self._frames[n].change) >= self.rules.real)
            yield list(itertools.islice(real, self.rules.neighbours))

    def _comes_back(self, at: int) -> bool:
        """Tell whether a picture before is seen again after, or the one now was seen before."""
        frames, near = self._frames, self.rules.near
        limit = self.rules.back * frames[at].change
        last, first = frames[at - 1].thumbnail, frames[at].thumbnail
        after = range(at + 1, min(len(frames), at + 1 + near))
        before = range(at - 2, max(-1, at - 2 - near), -1)
        return any(difference(frames[n].thumbnail, last) < limit for n in after) or any(
            difference(frames[n].thumbnail, first) < limit for n in before
        )

    def _goes_over(self, at: int) -> bool:
        """Tell whether one picture may be going over into another, between the cuts around."""
        reach, cut = self.rules.reach, Verdict.CUT
        before = range(at, max(0, at - reach), -1)
        first = next((n for n in before if self._peaks[n] is cut), max(0, at - reach))
        stop = min(len(self._peaks), at + reach + 1)
        last = next((n for n in range(at + 1, stop) if self._peaks[n] is cut), stop) - 1
        old, half_way, new = (self._frames[n] for n in (first, (first + last) // 2, last))
        if half_way.contrast <= self.rules.faded * min(old.contrast, new.contrast):
            far = max(colour_distance(old, half_way), colour_distance(half_way, new))
            return far >= self.rules.colours
        return (
            colour_distance(old, new) >= self.rules.colours
            and mixture(old.thumbnail, half_way.thumbnail, new.thumbnail) <= self.rules.between
        )
