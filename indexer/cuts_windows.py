"""Which stretches of a film the network looks at, planned while the film runs."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Frames `[first, end)` that are shown, of which `[core_first, core_end)` are answered."""

    first: int
    core_first: int
    core_end: int
    end: int

    def __post_init__(self) -> None:
        if not self.first <= self.core_first < self.core_end <= self.end:
            raise ValueError(f"not a window: {self}")

    def narrowed(self, core_first: int, core_end: int) -> "Window":
        """Return a window for what of the core is in a stretch, with as much shown around it."""
        before, after = self.core_first - self.first, self.end - self.core_end
        core_first, core_end = max(core_first, self.core_first), min(core_end, self.core_end)
        return Window(core_first - before, core_first, core_end, core_end + after)


@dataclass(frozen=True, slots=True)
class Shape:
    """How windows are cut: at most `core` frames answered, `margin` shown to either side of them.

    `spread` frames around a doubtful one are doubtful too; doubts no more than `join` frames apart
    are looked at together.
    """

    core: int
    margin: int
    spread: int
    join: int

    @property
    def lag(self) -> int:
        """How many frames after one that was settled its window may be complete."""
        return self.core + self.join + 2 * self.spread + self.margin


# Of TransNetV2's paper: 100 frames, the middle 50 answered.
WHOLE = Shape(core=50, margin=25, spread=0, join=0)


@dataclass(slots=True)
class Planner:
    """Is told frame by frame what is doubtful; yields a window as soon as its core is known."""

    shape: Shape
    _free: int = 0
    _first: int | None = None
    _last: int = 0

    def feed(self, number: int, *, doubtful: bool) -> Iterator[Window]:
        """Take the next frame's verdict."""
        shape = self.shape
        if doubtful:
            if self._first is None:
                self._first = max(self._free, number - shape.spread)
            self._last = number
        first = self._first
        if first is None:
            return
        if number + 1 - first >= shape.core:
            yield self._close(min(first + shape.core, self._last + shape.spread + 1))
        elif number - self._last > shape.join + 2 * shape.spread:
            yield self._close(self._last + shape.spread + 1)

    def rest(self, frames: int) -> Iterator[Window]:
        """Close what is open when the film has ended, with so many frames."""
        if self._first is not None:
            yield self._close(min(frames, self._last + self.shape.spread + 1))

    def _close(self, core_end: int) -> Window:
        first = self._first
        assert first is not None  # noqa: S101  a window is only closed when one is open
        self._first, self._free = None, core_end
        margin = self.shape.margin
        return Window(first - margin, first, core_end, core_end + margin)
