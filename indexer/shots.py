"""One pass over a film: frames go in, shots with their samples come out.

Knows no codec and no detector; both are handed in, so that a test can play a film of numbers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..db.records import Boundary, ShotState, Span
from .sampling import BLOCK_US, Gate, Pick, Reservoir, choose, shot_state

T = TypeVar("T")


class Timed(Protocol):
    """A frame that knows its number and its time."""

    @property
    def number(self) -> int:
        """Its place in order of presentation, from 0."""
        ...

    @property
    def time_us(self) -> int:
        """When it is shown."""
        ...

    @property
    def lost_from_us(self) -> int | None:
        """Where a stretch that could not be decoded began, if this frame ends one."""
        ...


F = TypeVar("F", bound=Timed)


@dataclass(frozen=True, slots=True)
class ShotEnd:
    """A shot is over; the samples since the last end are its own."""

    span: Span
    begins: Boundary
    state: ShotState


@dataclass(frozen=True, slots=True)
class Look(Generic[F, T]):
    """How to look: `cuts` names the frames that begin a shot, at most `lag` frames late."""

    cuts: Callable[[F], list[int]]
    lag: int
    picture: Callable[[F], T]
    gate: Gate[T]
    long_us: int


def cut_and_sample(
    frames: Iterable[F], look: Look[F, T], ends_us: Callable[[], tuple[int, int]]
) -> Iterator[Pick[T] | ShotEnd]:
    """Partition a film into shots and choose the samples of each.

    `ends_us` is asked once, after the last frame: where what could be seen ends, and where the film
    does. Stretches that could not be decoded become shots that were not looked at. Holds `lag`
    frames and one reservoir of pictures.
    """
    running = _RunningShot(look)
    waiting: deque[F] = deque()
    cuts: set[int] = set()
    for frame in frames:
        waiting.append(frame)
        cuts.update(look.cuts(frame))
        if len(waiting) > look.lag:
            yield from running.take(waiting.popleft(), cuts)
    while waiting:
        yield from running.take(waiting.popleft(), cuts)
    seen_us, film_us = ends_us()
    yield from running.end(seen_us)
    if film_us > seen_us:
        yield _unseen(seen_us, film_us)


class _RunningShot(Generic[F, T]):
    """The shot that has begun and not ended."""

    def __init__(self, look: Look[F, T]) -> None:
        self._look = look
        self._reservoir: Reservoir[T] = Reservoir()
        self._start_us = 0
        self._block_us = 0
        self._states: list[ShotState] = []

    def take(self, frame: F, cuts: set[int]) -> Iterator[Pick[T] | ShotEnd]:
        """Let a frame whose boundaries are settled join this shot, or end it and begin the next."""
        if frame.lost_from_us is not None:
            yield from self.end(frame.lost_from_us)
            yield _unseen(frame.lost_from_us, frame.time_us)
            self._start_us = self._block_us = frame.time_us
        elif frame.number in cuts and frame.time_us > self._start_us:
            cuts.discard(frame.number)
            yield from self.end(frame.time_us)
        elif frame.time_us - self._block_us >= BLOCK_US:
            yield from self._picks(frame.time_us)
        self._reservoir.offer(frame.time_us, lambda: self._look.picture(frame))

    def end(self, end_us: int) -> Iterator[Pick[T] | ShotEnd]:
        """End the shot; the next begins where it ends."""
        yield from self._picks(end_us)
        begins = Boundary(self._start_us, self._start_us)
        yield ShotEnd(Span(self._start_us, end_us), begins, shot_state(self._states))
        self._start_us = end_us
        self._states = []

    def _picks(self, end_us: int) -> Iterator[Pick[T]]:
        span_us = (self._block_us, end_us)
        for pick in choose(self._reservoir.empty(), span_us, self._look.long_us, self._look.gate):
            self._states.append(pick.state)
            yield pick
        self._block_us = end_us


def _unseen(start_us: int, end_us: int) -> ShotEnd:
    begins = Boundary(start_us, start_us)
    return ShotEnd(Span(start_us, end_us), begins, ShotState.NOT_LOOKED_AT)
