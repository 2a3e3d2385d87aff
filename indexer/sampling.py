"""Which frames of a shot to look at, decided while the shot runs and no frame can come back.

A shot's middle is known only when it ends. So a few candidates are kept, evenly spread over the
shot so far: when they are too many, every other one goes and the spacing doubles. Whatever the
length, one of them is near the middle, and memory is bounded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..db.records import US_PER_SECOND, ShotState

T = TypeVar("T")

# Half to all of these are held: a chosen frame is within 1/32 of the shot's length of its middle.
CAPACITY = 32
# A running shot is looked at in blocks of this length, so that its candidates stay close together.
BLOCK_US = 120 * US_PER_SECOND


class Candidate(Generic[T]):
    """A frame that may become a sample; its picture is made once, when it is first asked for."""

    __slots__ = ("_made", "_picture", "time_us")

    def __init__(self, time_us: int, picture: Callable[[], T]) -> None:
        self.time_us = time_us
        self._picture: Callable[[], T] | None = picture
        self._made: list[T] = []

    @property
    def is_made(self) -> bool:
        """Whether the picture is there, and what it was made of is let go."""
        return bool(self._made)

    @property
    def picture(self) -> T:
        """The picture."""
        if self._picture is not None:
            self._made.append(self._picture())
            self._picture = None
        return self._made[0]


@dataclass(frozen=True, slots=True)
class Pick(Generic[T]):
    """A frame to look at, and how much there is to see in it."""

    time_us: int
    picture: T
    state: ShotState


@dataclass(slots=True)
class Reservoir(Generic[T]):
    """Up to `capacity` evenly spaced frames of what has run since it was last emptied.

    Most candidates go again, so pictures are made late: `unmade` of them may wait for that, and
    what they are made of is held so long.
    """

    capacity: int = CAPACITY
    unmade: int = CAPACITY
    kept: list[Candidate[T]] = field(default_factory=list)
    _offered: int = 0
    _stride: int = 1

    def __post_init__(self) -> None:
        if self.capacity < 2 or self.capacity % 2:
            raise ValueError(f"capacity must be even to be thinned evenly, not {self.capacity}")

    def offer(self, time_us: int, picture: Callable[[], T]) -> None:
        """Consider a frame; its picture is only made if it is kept, and not before it must."""
        if self._offered % self._stride == 0:
            if len(self.kept) == self.capacity:
                del self.kept[1::2]
                self._stride *= 2
            self.kept.append(Candidate(time_us, picture))
            self._make_oldest()
        self._offered += 1

    def _make_oldest(self) -> None:
        """Make pictures until no more than `unmade` are waiting for it."""
        waiting = [candidate for candidate in self.kept if not candidate.is_made]
        for candidate in waiting[: max(0, len(waiting) - self.unmade)]:
            candidate.picture  # noqa: B018  asking for it makes it

    def empty(self) -> list[Candidate[T]]:
        """Take all candidates out and begin anew."""
        taken, self.kept = self.kept, []
        self._offered, self._stride = 0, 1
        return taken


def middles_us(start_us: int, end_us: int, long_us: int) -> tuple[int, ...]:
    """Return the times at which to look into `[start_us, end_us)`.

    One, the middle, up to `long_us`; else an odd number of equal parts no longer than that, so
    that the middle is always among them.
    """
    length = end_us - start_us
    parts = max(1, -(-length // long_us)) | 1
    return tuple(start_us + length * (2 * n + 1) // (2 * parts) for n in range(parts))


@dataclass(frozen=True, slots=True)
class Gate(Generic[T]):
    """Tells a frame worth looking at: grey-level entropy in bits, and whether it is one colour."""

    entropy_bits: Callable[[T], float]
    is_uniform: Callable[[T], bool]
    floor_bits: float


def choose(
    candidates: Sequence[Candidate[T]], span_us: tuple[int, int], long_us: int, gate: Gate[T]
) -> tuple[Pick[T], ...]:
    """Choose the samples of a span from its candidates, in order of time, none twice.

    Each is the one nearest to the middle of its part if it has enough to see; else the part's most
    informative one, marked low_information, or blank if even that is uniform.
    """
    start_us, end_us = span_us
    targets = middles_us(start_us, end_us, long_us)
    half_us = (end_us - start_us) / (2 * len(targets))
    picks: dict[int, Pick[T]] = {}
    for target_us in targets:
        nearest = min(candidates, key=lambda c: abs(c.time_us - target_us))
        part = [c for c in candidates if abs(c.time_us - target_us) <= half_us]
        pick = _most_telling(nearest, part or [nearest], gate)
        picks.setdefault(pick.time_us, pick)
    return tuple(picks[time_us] for time_us in sorted(picks))


def _most_telling(middle: Candidate[T], part: Sequence[Candidate[T]], gate: Gate[T]) -> Pick[T]:
    if gate.entropy_bits(middle.picture) >= gate.floor_bits:
        return Pick(middle.time_us, middle.picture, ShotState.LOOKED_AT)
    best = max(part, key=lambda c: gate.entropy_bits(c.picture))
    if gate.is_uniform(best.picture):
        return Pick(middle.time_us, middle.picture, ShotState.BLANK)
    return Pick(best.time_us, best.picture, ShotState.LOW_INFORMATION)


def shot_state(samples: Sequence[ShotState]) -> ShotState:
    """Return the best state among a shot's samples; none at all means not looked at."""
    for state in (ShotState.LOOKED_AT, ShotState.LOW_INFORMATION, ShotState.BLANK):
        if state in samples:
            return state
    return ShotState.NOT_LOOKED_AT
