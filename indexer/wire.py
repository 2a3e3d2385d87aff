"""What parent and decoding child say to each other: fixed structures over a packet socket.

One packet is one message: a type byte, then that type's struct. Nothing is unpickled, no length is
believed, and a value that cannot be raises WorkerError in whoever reads it.
"""

import struct
from collections.abc import Callable
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import ClassVar, Self

from ..db.errors import LimitError, MediaError, WorkerError
from ..db.records import (
    Boundary,
    FilmFacts,
    Precision,
    ShotState,
    Span,
    Transition,
    TransitionKind,
)
from .cuts_method import CutMethod
from .decoder_names import DecoderName
from .framing_names import FramingName
from .stretch import Stretch

MAX_PACKET = 1024
_STATES = tuple(ShotState)
_METHODS = tuple(CutMethod)
_PRECISIONS = tuple(Precision)
_KINDS = tuple(TransitionKind)
_FRAMINGS = tuple(FramingName)
_DECODERS = tuple(DecoderName)
# How the backbone sees a picture, and how the experts do.
VIEWS = 2
# Long enough for what is decoded twice where legs meet to be little, short enough for what is
# decoded ahead to be held.
LEG_US = 12_000_000


@dataclass(frozen=True, slots=True)
class Orders:
    """Parent to child, once: how to look at the film, and how much it may take.

    `gap_us` is for keyframe runs: no stretch longer than that goes unseen. Each picture is sent in
    VIEWS framings, each a square of `side` pixels; `slots` is how many such pictures the shared
    memory holds; `memory_bytes` limits the data segment, `cpu_s` processor time. An exact look may
    be at a `stretch` only; a whole film is decoded by so many `helpers` at a time, in legs of about
    `leg_us`, if it can be; by the child itself if they are fewer than 2.
    """

    precision: Precision
    method: CutMethod
    gap_us: int
    framings: tuple[FramingName, ...]
    side: int
    slots: int
    long_us: int
    entropy_floor_bits: float
    memory_bytes: int
    cpu_s: int
    decoder: DecoderName = DecoderName.SOFTWARE
    stretch: Stretch | None = None
    helpers: int = 0
    leg_us: int = LEG_US

    FORMAT: ClassVar = struct.Struct("<BBQBBHHQdQQBqqqHQ")

    def __post_init__(self) -> None:
        if self.stretch is not None and self.precision is not Precision.EXACT:
            raise ValueError(f"a stretch is looked at exactly, not by {self.precision}")

    def pack(self) -> bytes:
        """Pack into one packet."""
        precision, method = _PRECISIONS.index(self.precision), _METHODS.index(self.method)
        framings = [_FRAMINGS.index(name) for name in self.framings]
        rest = (*astuple(self)[4:-4], _DECODERS.index(self.decoder))
        part = self.stretch
        # No span ends at 0: that stands for the whole film.
        stretch = (0, 0, 0)
        if part is not None:
            stretch = (part.span.start_us, part.span.end_us, part.container_offset_us)
        legs = self.helpers, self.leg_us
        return self.FORMAT.pack(precision, method, self.gap_us, *framings, *rest, *stretch, *legs)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        precision, method, gap_us, *rest = cls.FORMAT.unpack(data)
        *rest, decoder, start, end, offset, helpers, leg_us = rest
        framings = tuple(_FRAMINGS[n] for n in rest[:VIEWS])
        precision, method = _PRECISIONS[precision], _METHODS[method]
        stretch = Stretch(Span(start, end), offset) if end else None
        others = (*rest[VIEWS:], _DECODERS[decoder], stretch, helpers, leg_us)
        return cls(precision, method, gap_us, framings, *others)

    @property
    def slots_shape(self) -> tuple[int, int, int, int, int]:
        """The shape of the shared pictures: `(slots, VIEWS, side, side, 3)`."""
        return self.slots, VIEWS, self.side, self.side, 3


@dataclass(frozen=True, slots=True)
class Facts:
    """Child to parent: after the first frame, and again at the end when all is known."""

    facts: FilmFacts

    FORMAT: ClassVar = struct.Struct("<64s32sIIidqqqqq")

    def pack(self) -> bytes:
        """Pack into a packet without its type byte."""
        container, codec, *rest = astuple(self.facts)
        return self.FORMAT.pack(container.encode()[:64], codec.encode()[:32], *rest)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        container, codec, *rest = cls.FORMAT.unpack(data)
        return cls(FilmFacts(_text(container), _text(codec), *rest))


@dataclass(frozen=True, slots=True)
class SampleReady:
    """Child to parent: a picture lies in `slot`, which is the parent's until it gives it back.

    A blank sample has no picture and no slot (-1).
    """

    slot: int
    time_us: int
    state: ShotState

    FORMAT: ClassVar = struct.Struct("<hqB")

    def pack(self) -> bytes:
        """Pack into a packet without its type byte."""
        return self.FORMAT.pack(self.slot, self.time_us, _STATES.index(self.state))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        slot, time_us, state = cls.FORMAT.unpack(data)
        if (slot == -1) != (_STATES[state] is ShotState.BLANK):
            raise ValueError(f"slot {slot} for a {_STATES[state]} sample")
        return cls(slot, time_us, _STATES[state])


@dataclass(frozen=True, slots=True)
class ShotReady:
    """Child to parent: a shot is over; the samples since the one before are its own.

    It began with `transition`, if not with a cut (-1 for its kind).
    """

    span: Span
    begins: Boundary
    state: ShotState
    transition: Transition | None = None

    FORMAT: ClassVar = struct.Struct("<qqqqBbqq")

    def pack(self) -> bytes:
        """Pack into a packet without its type byte."""
        times = (*astuple(self.span), *astuple(self.begins))
        gradual = self.transition
        how = (-1, 0, 0)
        if gradual is not None:
            how = (_KINDS.index(gradual.kind), gradual.first_us, gradual.last_us)
        return self.FORMAT.pack(*times, _STATES.index(self.state), *how)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        start_us, end_us, lo_us, hi_us, state, kind, *interval = cls.FORMAT.unpack(data)
        if not -1 <= kind < len(_KINDS):
            raise ValueError(f"no kind of transition: {kind}")
        gradual = None if kind == -1 else Transition(_KINDS[kind], *interval)
        return cls(Span(start_us, end_us), Boundary(lo_us, hi_us), _STATES[state], gradual)


@dataclass(frozen=True, slots=True)
class Progress:
    """Child to parent, a few times a second: how far it is. Silence means that it hangs."""

    position_us: int

    FORMAT: ClassVar = struct.Struct("<q")

    def pack(self) -> bytes:
        """Pack into a packet without its type byte."""
        return self.FORMAT.pack(self.position_us)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        return cls(*cls.FORMAT.unpack(data))


@dataclass(frozen=True, slots=True)
class Done:
    """Child to parent, last: the film was seen to its end; the facts are final."""

    facts: FilmFacts

    def pack(self) -> bytes:
        """Pack into a packet without its type byte."""
        return Facts(self.facts).pack()

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        return cls(Facts.unpack(data).facts)


class Blame(IntEnum):
    """What kind of trouble the child reports."""

    MEDIA = 0
    LIMIT = 1
    CHILD = 2
    READ = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """Child to parent, last: why it stopped."""

    blame: Blame
    reason: str

    FORMAT: ClassVar = struct.Struct("<B512s")

    def pack(self) -> bytes:
        """Pack into a packet without its type byte."""
        return self.FORMAT.pack(self.blame, self.reason.encode("utf-8", "replace")[:512])

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        blame, reason = cls.FORMAT.unpack(data)
        return cls(Blame(blame), _text(reason))

    def as_error(self) -> Exception:
        """Return the exception that the parent should raise."""
        match self.blame:
            case Blame.MEDIA:
                return MediaError(self.reason)
            case Blame.LIMIT:
                return LimitError(self.reason)
            case Blame.READ:
                return OSError(self.reason)
            case Blame.CHILD:
                return WorkerError(self.reason)


@dataclass(frozen=True, slots=True)
class Release:
    """Parent to child: a slot is free again."""

    slot: int

    FORMAT: ClassVar = struct.Struct("<h")

    def pack(self) -> bytes:
        """Pack into one packet."""
        return self.FORMAT.pack(self.slot)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        return cls(*cls.FORMAT.unpack(data))


FromChild = Facts | SampleReady | ShotReady | Progress | Done | Trouble
_TYPES = (Facts, SampleReady, ShotReady, Progress, Done, Trouble)


def pack(message: FromChild) -> bytes:
    """Make the packet of a message from the child."""
    return bytes([_TYPES.index(type(message))]) + message.pack()


def unpack(packet: bytes) -> FromChild:
    """Read a packet from the child. Raises WorkerError for anything that `pack` did not make."""
    try:
        read: Callable[[bytes], FromChild] = _TYPES[packet[0]].unpack
        return read(packet[1:])
    except (IndexError, ValueError, struct.error) as error:
        raise WorkerError(f"the decoding process sent nonsense: {error}") from error


def _text(field: bytes) -> str:
    return field.rstrip(b"\0").decode("utf-8", "replace")
