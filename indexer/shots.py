"""One pass over a film: frames go in, shots with their samples come out.

Knows no codec and no detector; both are handed in, so that a test can play a film of numbers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..db.records import Boundary, ShotState, Span, Transition
from .cuts_found import Found
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
    transition: Transition | None = None


@dataclass(frozen=True, slots=True)
class Look(Generic[F, T]):
    """How to look: `cuts` finds where shots begin, at most `lag` frames late; `rest` at the end.

    Of the frames that wait until then, one in `every`, at frames of `frame_us`, is held whole: they
    alone can be samples. Of a running shot's candidates `unmade` are held whole, until their
    pictures must be made.
    """

    cuts: Callable[[F], list[Found]]
    rest: Callable[[], list[Found]]
    lag: int
    every: int
    frame_us: int
    unmade: int
    picture: Callable[[F], T]
    gate: Gate[T]
    long_us: int


@dataclass(slots=True)
class Spacing:
    """Takes one frame in `every` of a film with frames of `frame_us`.

    By their times: who begins in the middle of a film takes what others take, and its first.
    """

    every: int
    frame_us: int
    _last: int | None = None

    def takes(self, time_us: int, *, must: bool = False) -> bool:
        """Tell whether the next frame is taken: also if it `must` be."""
        if self.every == 1:
            return True
        # Half a frame later, since times that are rounded lie on either side of a frame's own.
        before = self._last
        self._last = (time_us + self.frame_us // 2) // (self.every * self.frame_us)
        return must or before != self._last


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[F]):
    """A frame whose boundaries are not settled yet; `whole` if it is held as a candidate."""

    number: int
    time_us: int
    lost_from_us: int | None
    whole: F | None


def cut_and_sample(
    frames: Iterable[F],
    look: Look[F, T],
    ends_us: Callable[[], tuple[int, int]],
    start_us: int = 0,
) -> Iterator[Pick[T] | ShotEnd]:
    """Partition a film, or what of it comes from `start_us` on, and choose the samples of each.

    `ends_us` is asked once, after the last frame: where what could be seen ends, and where the film
    does. Stretches that could not be decoded become shots that were not looked at. Holds `lag /
    every + unmade` frames and one reservoir of pictures.
    """
    running = RunningShot(look.gate, look.long_us, look.unmade, start_us)
    waiting: deque[_Waiting[F]] = deque()
    found: dict[int, Found] = {}
    spacing = Spacing(look.every, look.frame_us)
    for frame in frames:
        waiting.append(_waiting(frame, spacing))
        found.update((one.number, one) for one in look.cuts(frame))
        if len(waiting) > look.lag:
            yield from _take(running, waiting.popleft(), found, look.picture)
    found.update((one.number, one) for one in look.rest())
    while waiting:
        yield from _take(running, waiting.popleft(), found, look.picture)
    yield from running.finish(*ends_us())


def _waiting(frame: F, spacing: Spacing) -> _Waiting[F]:
    # After a lost stretch a shot begins anew, and may be this one frame.
    held = spacing.takes(frame.time_us, must=frame.lost_from_us is not None)
    whole = frame if held else None
    return _Waiting(frame.number, frame.time_us, frame.lost_from_us, whole)


def _take(
    running: "RunningShot[T]",
    frame: _Waiting[F],
    found: dict[int, Found],
    picture: Callable[[F], T],
) -> Iterator[Pick[T] | ShotEnd]:
    """Let a frame whose boundaries are settled join the running shot, or begin the next."""
    begins = found.pop(frame.number, None)
    if frame.lost_from_us is not None:
        yield from running.lose(frame.lost_from_us, frame.time_us)
    elif begins is not None and running.has_candidates:
        at = Boundary(frame.time_us, frame.time_us)
        yield from running.cut(frame.time_us, at, begins.transition)
    if (whole := frame.whole) is not None:
        yield from running.take(frame.time_us, lambda: picture(whole))


class RunningShot(Generic[T]):
    """The shot that has begun and not ended, and the frames by which it may be looked at."""

    def __init__(self, gate: Gate[T], long_us: int, unmade: int, start_us: int = 0) -> None:
        self._gate, self._long_us = gate, long_us
        self._reservoir: Reservoir[T] = Reservoir(unmade=unmade)
        self._begins = Boundary(start_us, start_us)
        self._transition: Transition | None = None
        self._start_us = self._block_us = start_us
        self._states: list[ShotState] = []

    @property
    def has_candidates(self) -> bool:
        """Whether the shot could be looked at, if it ended here."""
        return bool(self._reservoir.kept or self._states)

    def take(self, time_us: int, picture: Callable[[], T]) -> Iterator[Pick[T]]:
        """Let a frame join; a shot that runs long is looked at block by block."""
        if time_us - self._block_us >= BLOCK_US:
            yield from self._picks(time_us)
        self._reservoir.offer(time_us, picture)

    def cut(
        self, time_us: int, begins: Boundary, transition: Transition | None = None
    ) -> Iterator[Pick[T] | ShotEnd]:
        """End the shot where the next begins; two beginnings at one time are one."""
        if time_us <= self._start_us:
            return
        yield from self._picks(time_us)
        span = Span(self._start_us, time_us)
        yield ShotEnd(span, self._begins, shot_state(self._states), self._transition)
        self._start_us, self._begins, self._transition = time_us, begins, transition
        self._states = []

    def lose(self, from_us: int, to_us: int) -> Iterator[Pick[T] | ShotEnd]:
        """End the shot; nothing could be decoded until the next begins."""
        yield from self.cut(from_us, Boundary(from_us, from_us))
        yield ShotEnd(Span(from_us, to_us), self._begins, ShotState.NOT_LOOKED_AT)
        self._start_us = self._block_us = to_us
        self._begins, self._transition = Boundary(to_us, to_us), None

    def finish(self, seen_us: int, film_us: int) -> Iterator[Pick[T] | ShotEnd]:
        """End the last shot where the last frame ends; the film may promise more than that."""
        yield from self.cut(seen_us, Boundary(seen_us, seen_us))
        if film_us > seen_us:
            yield ShotEnd(Span(seen_us, film_us), self._begins, ShotState.NOT_LOOKED_AT)

    def _picks(self, end_us: int) -> Iterator[Pick[T]]:
        candidates = self._reservoir.empty()
        if candidates:
            span_us = (self._block_us, end_us)
            for pick in choose(candidates, span_us, self._long_us, self._gate):
                self._states.append(pick.state)
                yield pick
        self._block_us = end_us
