"""Every frame of a film in order, decoded here or by helpers: whoever looks at them cannot tell."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from av.video.frame import VideoFrame

from . import wire
from .clock import Clock
from .cuts import CutFinder
from .decode import Decoding, TimedFrame
from .decode_leg import keyframes
from .decode_stretch import StretchDecoding
from .decoder_names import DecoderName
from .framing import scaled_size
from .joining import Joined
from .leg_client import Closable, Helper
from .leg_helper import Eye
from .pixels import Scaler, frame_bytes, shown_size
from .pixels_type import Pixels
from .placing import Placing
from .probe import Source, open_source
from .sampling import CAPACITY
from .watching import Watching

# Decoded frames that wait for their boundaries take no more than this: of 1080 lines every other
# one is held, of 2160 every seventh.
HELD_BYTES = 128 * 2**20
# Decoded frames that may become samples take no more than this: scaling one costs a fourth of
# decoding it, and of some fifty candidates one is chosen.
CANDIDATE_BYTES = 128 * 2**20
# Frames that helpers hold as they were decoded take no more than this altogether, and pictures that
# are made of the others about as much again.
HELPERS_BYTES = 256 * 2**20
# A helper must be able to hold what waits for its boundaries, and a running shot's candidates.
LEAST_HELD = 192


class SeenFrame(Protocol):
    """A frame of the film, whoever decoded it."""

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

    def thumbnail(self) -> Pixels:
        """Return the frame as a cut finder sees it."""
        ...

    def picture(self) -> Pixels:
        """Return the frame scaled for the networks."""
        ...


@dataclass(frozen=True, slots=True)
class OwnFrame:
    """A frame that was decoded in this process."""

    number: int
    time_us: int
    lost_from_us: int | None
    _frame: VideoFrame
    _eye: Eye

    @classmethod
    def of(cls, timed: TimedFrame, eye: Eye) -> "OwnFrame":
        """Let a decoded frame be seen."""
        return cls(timed.number, timed.time_us, timed.lost_from_us, timed.frame, eye)

    def thumbnail(self) -> Pixels:
        """See SeenFrame."""
        return self._eye.thumbnail(self._frame)

    def picture(self) -> Pixels:
        """See SeenFrame."""
        return self._eye.picture(self._frame)


@dataclass(frozen=True, slots=True)
class Opening:
    """A film that was decoded as far as its first frame."""

    decoding: Decoding | StretchDecoding
    first: TimedFrame
    rest: Iterator[TimedFrame]

    @classmethod
    def of(cls, source: Source, orders: wire.Orders) -> "Opening":
        """Decode the first frame. Raises MediaError if there is none."""
        part = orders.stretch
        decoding = Decoding.of(source) if part is None else StretchDecoding(source, part)
        rest = iter(decoding)
        return cls(decoding, next(rest), rest)

    def frames(self, eye: Eye) -> Iterator[OwnFrame]:
        """Yield all frames, the first one too."""
        return (OwnFrame.of(one, eye) for one in itertools.chain([self.first], self.rest))


def network_scaler(source: Source, first: VideoFrame, side: int) -> Scaler:
    """Scale frames so that every framing can be cut from one picture, as a player shows it."""
    aspect = source.pixel_aspect
    if first.rotation % 180:
        aspect = 1 / aspect
    return Scaler(*scaled_size(*shown_size(first), aspect, side), "rgb24")


def eye_for(source: Source, opening: Opening, finder: CutFinder, orders: wire.Orders) -> Eye:
    """Say how frames are seen: by the finder, by the networks, and which may become samples."""
    first, view = opening.first.frame, finder.view
    small = Scaler(*view.size(*shown_size(first)), view.pixel_format, view.interpolation)
    large = network_scaler(source, first, orders.side)
    helpers = max(1, orders.helpers)
    return Eye(
        thumbnail=small.pixels,
        picture=large.pixels,
        every=-(-finder.lag * frame_bytes(first) // HELD_BYTES),
        frame_us=Clock.at_rate(source.frame_rate).frame_us,
        first_us=opening.decoding.first_us or 0,
        whole_bytes=HELPERS_BYTES // helpers,
        most=max(LEAST_HELD, HELPERS_BYTES // (helpers * large.picture_bytes)),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """All frames of a film, and what is known of them meanwhile.

    Of a running shot's candidates this process holds `unmade` whole.
    """

    frames: Iterator[SeenFrame]
    watching: Watching
    unmade: int


@contextmanager
def all_frames(
    film_fd: int,
    source: Source,
    opening: Opening,
    eye: Eye,
    orders: wire.Orders,
    own: Iterable[Closable],
    elsewhere: Sequence[Helper] = (),
) -> Iterator[Seen]:
    """Give all frames of a film, in order; helpers `elsewhere` may decode besides those here.

    `own` is what only this process may hold open. Raises OSError if there is no process to have.
    """
    if (
        orders.helpers + len(elsewhere) < 2
        or orders.stretch
        or orders.decoder is not DecoderName.SOFTWARE
    ):
        yield _own(opening, eye)
        return
    legs = keyframes(source, orders.leg_us)
    if (first := next(legs, None)) is None:
        # Looking for legs has moved the file's place.
        yield _own(Opening.of(open_source(film_fd), orders), eye)
        return
    helpers = list(elsewhere)
    for _ in range(orders.helpers):
        helpers.append(Helper.forked(film_fd, eye, orders.memory_bytes, [*own, *helpers]))
    placing = Placing(Clock.at_rate(source.frame_rate))
    with Joined(source, placing, helpers, itertools.chain([first], legs)) as joined:
        yield Seen(iter(joined), joined, CAPACITY)


def _own(opening: Opening, eye: Eye) -> Seen:
    unmade = CANDIDATE_BYTES // frame_bytes(opening.first.frame)
    return Seen(opening.frames(eye), opening.decoding, unmade)
