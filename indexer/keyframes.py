"""Shots from keyframes alone: which neighbours show the same shot, and where a new one begins.

Between two keyframes nothing was seen, so a boundary is a bracket. Encoders put a keyframe where
the picture changes altogether; such a keyframe, out of rhythm and much larger than all pictures
since the one before, is the cut itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..db.records import Boundary
from .sampling import Gate, Pick
from .shots import RunningShot, ShotEnd

T = TypeVar("T")


class Sparse(Protocol):
    """A decoded frame among many that were not."""

    @property
    def time_us(self) -> int:
        """When it is shown."""
        ...

    @property
    def unseen_from_us(self) -> int:
        """The first frame after the last that was seen; its own time if none lies between."""
        ...

    @property
    def likely_cut_us(self) -> int:
        """Where, from the sizes of pictures alone, a cut between the two would be."""
        ...

    @property
    def certain(self) -> bool:
        """Whether a cut between the two can only be at this very frame."""
        ...

    @property
    def lost(self) -> bool:
        """Whether so much could not be decoded before it that the promise is broken."""
        ...


F = TypeVar("F", bound=Sparse)


@dataclass(frozen=True, slots=True)
class SparseLook(Generic[F, T]):
    """How to look: `changed` is shown every frame in order, and tells if it begins a new shot.

    Of a running shot's candidates `unmade` are held whole, until their pictures must be made.
    """

    changed: Callable[[F], bool]
    unmade: int
    picture: Callable[[F], T]
    gate: Gate[T]
    long_us: int


def group_and_sample(
    frames: Iterable[F], look: SparseLook[F, T], ends_us: Callable[[], tuple[int, int]]
) -> Iterator[Pick[T] | ShotEnd]:
    """Group frames into shots whose boundaries are brackets, and choose the samples of each.

    `ends_us` is asked once, after the last frame: where what could be seen ends, and where the film
    does.
    """
    running = RunningShot(look.gate, look.long_us, look.unmade)
    for frame in frames:
        changed = look.changed(frame)
        if frame.lost:
            yield from running.lose(frame.unseen_from_us, frame.time_us)
        elif changed:
            earliest_us = frame.time_us if frame.certain else frame.unseen_from_us
            begins = Boundary(earliest_us, frame.time_us)
            yield from running.cut(frame.likely_cut_us, begins)
        yield from running.take(frame.time_us, _picture_of(look, frame))
    yield from running.finish(*ends_us())


def _picture_of(look: SparseLook[F, T], frame: F) -> Callable[[], T]:
    return lambda: look.picture(frame)
