"""A helper of the decoding child: decodes one leg after another, and holds what may be a sample.

Forked by the child when a film turns out to have several legs: as bounded as it, with the film
opened once more.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from av.video.frame import VideoFrame

from ..db.records import US_PER_SECOND
from .decode import stamps
from .decode_leg import LegDecoding, LegFrame, digest
from .leg_wire import HelperLine
from .legs import SEAM, Decoded, Drop, Ended, Leg, Made, Make
from .pixels import frame_bytes
from .pixels_type import Pixels
from .placing import Stamps
from .probe import Source, open_source
from .shots import Spacing


@dataclass(frozen=True, slots=True)
class Eye:
    """How every decoder sees a film's frames, and how much of them one helper may hold.

    One frame in `every`, at frames of `frame_us`, may become a sample. `first_us` is the first
    frame's time on the stream's own time line. `whole_bytes` limits frames as they were decoded,
    beyond which pictures are made of them; `most` limits the number of both.
    """

    thumbnail: Callable[[VideoFrame], Pixels]
    picture: Callable[[VideoFrame], Pixels]
    every: int
    frame_us: int
    first_us: int
    whole_bytes: int
    most: int


@dataclass(slots=True)
class Holding:
    """Frames that may become samples, by number: the newest whole, of the others their pictures."""

    eye: Eye
    _whole: dict[int, VideoFrame] = field(default_factory=dict)
    _made: dict[int, Pixels] = field(default_factory=dict)
    _bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether decoding must wait until something is let go."""
        return len(self._whole) + len(self._made) >= self.eye.most

    def add(self, number: int, frame: VideoFrame) -> None:
        """Hold a frame; make pictures of the oldest if there are too many."""
        self._whole[number] = frame
        self._bytes += frame_bytes(frame)
        while self._bytes > self.eye.whole_bytes:
            oldest = next(iter(self._whole))
            self._made[oldest] = self._taken(oldest)

    def picture(self, number: int) -> Pixels:
        """Return the picture of a frame that is held."""
        if number in self._whole:
            self._made[number] = self._taken(number)
        return self._made[number]

    def drop(self, number: int) -> None:
        """Let a frame go."""
        frame = self._whole.pop(number, None)
        if frame is not None:
            self._bytes -= frame_bytes(frame)
        self._made.pop(number, None)

    def _taken(self, number: int) -> Pixels:
        frame = self._whole.pop(number)
        self._bytes -= frame_bytes(frame)
        return self.eye.picture(frame)


class LegHelper:
    """Decodes legs as it is told, until nobody tells it any more."""

    def __init__(self, line: HelperLine, open_film: Callable[[], Source], eye: Eye) -> None:
        self._line, self._open, self._eye = line, open_film, eye
        self._source = open_film()
        self._holding = Holding(eye)
        self._count = 0
        self._saying: Iterator[Decoded | Ended] | None = None

    def run(self) -> None:
        """Serve. Raises SystemExit when nobody asks any more, and what decoding raises."""
        while True:
            idle = self._saying is None or self._holding.is_full
            while (told := self._line.told(wait=idle)) is not None:
                self._obey(told)
                idle = self._saying is None or self._holding.is_full
            message = next(self._saying, None) if self._saying is not None else None
            if message is not None:
                self._line.say(message)
            else:
                self._saying = None

    def _obey(self, told: Leg | Make | Drop) -> None:
        match told:
            case Leg():
                self._saying = self._said_of(told)
            case Make(frame):
                picture = self._holding.picture(frame)
                self._line.say(Made(frame, picture.shape[0], picture.shape[1], picture.tobytes()))
            case Drop(frames):
                for frame in frames:
                    self._holding.drop(frame)

    def _said_of(self, leg: Leg) -> Iterator[Decoded | Ended]:
        if leg.first is None:
            # From the very first packet, as if nothing had been read yet.
            self._source = self._open()
        decoding = LegDecoding(self._source, leg)
        spacing = Spacing(self._eye.every, self._eye.frame_us)
        errors = 0
        for place, seen in enumerate(decoding):
            at = stamps(seen.frame)
            may_be_sample = spacing.takes(self._film_us(at), must=seen.errors > errors)
            errors = seen.errors
            if place >= leg.passed:
                held = not seen.beyond and (may_be_sample or not decoding.in_order)
                near_seam = seen.beyond or (leg.first is not None and place < SEAM)
                yield self._decoded(leg, seen, at, held=held, near_seam=near_seam)
        yield Ended(leg.turn, decoding.errors, decoding.reached, decoding.in_order)

    def _film_us(self, at: Stamps) -> int:
        native_us = round((at.pts or 0) * (at.time_base or 0) * US_PER_SECOND)
        return native_us - self._eye.first_us

    def _decoded(
        self, leg: Leg, seen: LegFrame, at: Stamps, *, held: bool, near_seam: bool
    ) -> Decoded:
        self._count += 1
        if held:
            self._holding.add(self._count, seen.frame)
        thumbnail = self._eye.thumbnail(seen.frame)
        return Decoded(
            leg.turn,
            self._count,
            at,
            seen.errors,
            digest(seen.frame) if near_seam else 0,
            seen.beyond,
            held,
            thumbnail.shape[0],
            thumbnail.shape[1],
            thumbnail.tobytes(),
        )


def reopened(film_fd: int) -> int:
    """Open a film once more, with a place in the file of its own."""
    return os.open(f"/proc/self/fd/{film_fd}", os.O_RDONLY | os.O_CLOEXEC)


def opener(film_fd: int) -> Callable[[], Source]:
    """Return what opens the film behind a descriptor, from its beginning each time."""
    return lambda: open_source(film_fd)
