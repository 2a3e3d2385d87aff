"""A film as the pipeline sees it: shot after shot, each decoded and looked at, wherever that is."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..db.records import (
    Boundary,
    FilmFacts,
    FilmIdentity,
    Location,
    Sample,
    ShotState,
    Span,
    Transition,
)
from . import wire
from .network import Looked
from .pixels_type import Pixels
from .stages import Stage, Stopwatch
from .worker import At, CutShot, Limits, SeenSample, Worker

# Shots whose pictures may be with the network at once: bounds memory, and keeps batches full.
IN_FLIGHT = 16

Check = Callable[[], None]
R = TypeVar("R", bound="Reached")


class OtherThanStored(Exception):
    """Decoding did not come to the shots that were seen before, so that those are of no use."""


class Shown(Protocol):
    """A shot as it was decoded, whether it was looked at since or not."""

    @property
    def span(self) -> Span:
        """From its first frame to the next shot's."""
        ...

    @property
    def begins(self) -> Boundary:
        """Where it begins, as far as that is known."""
        ...

    @property
    def state(self) -> ShotState:
        """Whether there is anything to look at."""
        ...

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What is looked at of it."""
        ...

    @property
    def transition(self) -> Transition | None:
        """How it begins, if not with a cut."""
        ...


@dataclass(frozen=True, slots=True)
class OpenFilm:
    """A film's open file, and what is known of it: its content's name, where and how it lay."""

    fd: int
    identity: FilmIdentity
    seen: Location


@dataclass(frozen=True, slots=True)
class Reached:
    """Decoding is this far, and has come to so many shots."""

    position_us: int
    shots: int


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A shot, and for each of its samples what the network made of it; None for a blank one."""

    cut: CutShot
    looks: tuple[Looked | None, ...]


class Viewing(Protocol):
    """One film being seen, once, from its first frame to its last."""

    def probed(self) -> FilmFacts:
        """Wait for the first frame and what the headers say; durations are theirs, unproven."""
        ...

    def shots(self, stored: Sequence[Shown]) -> Iterator[Reached | LookedAt]:
        """Yield the shots in order, but for the first ones, which are `stored` already.

        Raises OtherThanStored if decoding does not come to those, and MediaError, LimitError,
        WorkerError, ClusterError or OSError.
        """
        ...

    @property
    def facts(self) -> FilmFacts:
        """What the whole film turned out to be, once `shots` has ended."""
        ...


# Opens a viewing. The check is called often, and may raise to give up; waiting is counted.
View = Callable[[OpenFilm, wire.Orders, Limits, Check, Stopwatch], AbstractContextManager[Viewing]]


class Looker(Protocol):
    """Whoever looks at pictures."""

    def submit(self, picture: Pixels) -> "Future[Looked]":
        """Have a picture's views, `(VIEWS, side, side, 3) uint8`, looked at."""
        ...


def here(looker: Looker, lines: Sequence[int] = ()) -> View:
    """Have a film decoded by a child of this process; `lines` lead to helpers elsewhere."""

    @contextmanager
    def view(
        film: OpenFilm, orders: wire.Orders, limits: Limits, check: Check, watch: Stopwatch
    ) -> Iterator[Viewing]:
        with Worker(film.fd, orders, limits, check, lines) as worker:
            yield OwnViewing(worker, looker, watch)

    return view


@dataclass(frozen=True, slots=True)
class OwnViewing:
    """A film that a child of this process decodes."""

    worker: Worker
    looker: Looker
    watch: Stopwatch

    def probed(self) -> FilmFacts:
        """See Viewing."""
        with self.watch.on(Stage.DECODER):
            return self.worker.probed()

    def shots(self, stored: Sequence[Shown]) -> Iterator[Reached | LookedAt]:
        """See Viewing."""
        events = self.watch.each(Stage.DECODER, self.worker.events())
        return looked_at(after_stored(_counted(events), stored), self.looker, self.watch)

    @property
    def facts(self) -> FilmFacts:
        """See Viewing."""
        return self.worker.facts


def _counted(
    events: Iterable[SeenSample | CutShot | At],
) -> Iterator[SeenSample | CutShot | Reached]:
    shots = 0
    for event in events:
        if isinstance(event, At):
            yield Reached(event.position_us, shots)
            continue
        shots += isinstance(event, CutShot)
        yield event


def after_stored(
    events: Iterable[SeenSample | CutShot | Reached], stored: Sequence[Shown]
) -> Iterator[SeenSample | CutShot | Reached]:
    """Pass over what is stored already, and pass on the rest.

    Raises OtherThanStored if a shot that is decoded again is not the one that was stored.
    """
    left = iter(stored)
    expected = next(left, None)
    for event in events:
        if expected is None or isinstance(event, Reached):
            yield event
        elif isinstance(event, CutShot):
            if _shown(event) != _shown(expected):
                raise OtherThanStored
            expected = next(left, None)
    if expected is not None:
        raise OtherThanStored


def _shown(shot: Shown) -> tuple[object, ...]:
    return shot.span, shot.begins, shot.state, shot.samples, shot.transition


def looked_at(
    events: Iterable[SeenSample | CutShot | R], looker: Looker, watch: Stopwatch
) -> Iterator[R | LookedAt]:
    """Send samples to the network as they come; yield each shot when all its answers are there.

    A blank sample has nothing to look at and no answer. Whatever is no part of a shot is passed on.
    """
    waiting: deque[tuple[CutShot, list[Future[Looked] | None]]] = deque()
    running: list[Future[Looked] | None] = []
    for event in events:
        match event:
            case SeenSample(_, picture):
                with watch.on(Stage.NETWORK):
                    running.append(None if picture is None else looker.submit(picture))
            case CutShot():
                waiting.append((event, running))
                running = []
                if len(waiting) > IN_FLIGHT:
                    yield _answered(*waiting.popleft(), watch)
            case _:
                yield event
    while waiting:
        yield _answered(*waiting.popleft(), watch)


def _answered(cut: CutShot, looks: list["Future[Looked] | None"], watch: Stopwatch) -> LookedAt:
    with watch.on(Stage.NETWORK):
        return LookedAt(cut, tuple(None if look is None else look.result() for look in looks))
