"""A film in legs, each decoded by itself from one keyframe to another; and what is said of them.

The child that joins legs and its helpers that decode them speak in fixed structures: a type byte,
then that type's struct, then what has no fixed length. Whoever joins trusts only what fits.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

from .placing import Stamps

# Frames beyond a leg's end that are decoded twice, to see whether the next leg begins as this one
# would have gone on.
SEAM = 3


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Where a leg may begin: the packet that seeking to `asked` leads to.

    `asked` and `pts` are in the stream's time base, `position` is the packet's place in the file.
    """

    asked: int
    pts: int
    position: int


@dataclass(frozen=True, slots=True)
class Leg:
    """Frames from keyframe `first` on, or the film's first frame, to `end`, or the film's end.

    `turn` tells apart what is said of it; its first `passed` frames are known already.
    """

    turn: int
    first: Keyframe | None
    end: Keyframe | None
    passed: int = 0

    FORMAT: ClassVar = struct.Struct("<qq?qqq?qqq")

    def pack(self) -> bytes:
        """Pack without a type byte."""
        return self.FORMAT.pack(self.turn, self.passed, *_given(self.first), *_given(self.end))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        turn, passed, has_first, a, b, c, has_end, d, e, f = cls.FORMAT.unpack(data)
        first = Keyframe(a, b, c) if has_first else None
        return cls(turn, first, Keyframe(d, e, f) if has_end else None, passed)


@dataclass(frozen=True, slots=True)
class Make:
    """To a helper: send the picture of a frame that it holds."""

    frame: int

    FORMAT: ClassVar = struct.Struct("<q")

    def pack(self) -> bytes:
        """Pack without a type byte."""
        return self.FORMAT.pack(self.frame)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        return cls(*cls.FORMAT.unpack(data))


@dataclass(frozen=True, slots=True)
class Drop:
    """To a helper: these frames can be no samples any more."""

    frames: tuple[int, ...]

    def pack(self) -> bytes:
        """Pack without a type byte."""
        return struct.pack(f"<{len(self.frames)}q", *self.frames)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        return cls(struct.unpack(f"<{len(data) // 8}q", data))


ToHelper = Leg | Make | Drop


@dataclass(frozen=True, slots=True)
class Decoded:
    """From a helper: one more frame of the leg, or one `beyond` its end.

    `frame` is how the helper knows it, if it is `held`; `errors` how much could not be decoded of
    the leg before it. `digest` is that of its pixels where legs meet, else 0. `thumbnail` is
    `(height, width, 3) uint8`.
    """

    turn: int
    frame: int
    stamps: Stamps
    errors: int
    digest: int
    beyond: bool
    held: bool
    height: int
    width: int
    thumbnail: bytes

    FORMAT: ClassVar = struct.Struct("<qq?q?q?qqqqI??HH")

    def pack(self) -> bytes:
        """Pack without a type byte."""
        at, base = self.stamps, self.stamps.time_base
        fixed = self.FORMAT.pack(
            self.turn,
            self.frame,
            *_known(at.pts),
            *_known(at.dts),
            base is not None,
            *(base or Fraction()).as_integer_ratio(),
            at.length_us,
            self.errors,
            self.digest,
            self.beyond,
            self.held,
            self.height,
            self.width,
        )
        return fixed + self.thumbnail

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        size = cls.FORMAT.size
        turn, frame, *of_time, errors, digest, beyond, held, height, width = cls.FORMAT.unpack(
            data[:size]
        )
        has_pts, pts, has_dts, dts, has_base, above, below, length_us = of_time
        stamps = Stamps(
            pts if has_pts else None,
            dts if has_dts else None,
            Fraction(above, below) if has_base else None,
            length_us,
        )
        return cls(turn, frame, stamps, errors, digest, beyond, held, height, width, data[size:])


@dataclass(frozen=True, slots=True)
class Made:
    """From a helper: the picture of a frame, `(height, width, 3) uint8`."""

    frame: int
    height: int
    width: int
    pixels: bytes

    FORMAT: ClassVar = struct.Struct("<qHH")

    def pack(self) -> bytes:
        """Pack without a type byte."""
        return self.FORMAT.pack(self.frame, self.height, self.width) + self.pixels

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        frame, height, width = cls.FORMAT.unpack(data[: cls.FORMAT.size])
        return cls(frame, height, width, data[cls.FORMAT.size :])


@dataclass(frozen=True, slots=True)
class Ended:
    """From a helper: the leg is decoded. `reached`: not because the film ended before its end.

    `in_order`: every frame had a presentation time, later than that of the frame before.
    """

    turn: int
    errors: int
    reached: bool
    in_order: bool

    FORMAT: ClassVar = struct.Struct("<qq??")

    def pack(self) -> bytes:
        """Pack without a type byte."""
        return self.FORMAT.pack(self.turn, self.errors, self.reached, self.in_order)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Unpack what `pack` packed."""
        return cls(*cls.FORMAT.unpack(data))


def fit(ended: Ended, errors: int, beyond: Sequence[Decoded], begun: Sequence[Decoded]) -> bool:
    """Tell whether a leg goes on as the next one begins: decoding from its keyframe is exact.

    `errors` are those before the leg's last own frame, `beyond` the frames that it saw after its
    end, `begun` as many of the next one's. Where anything failed near the seam, they do not fit.
    """
    return (
        ended.in_order
        and ended.errors == errors
        and [_shown(one) for one in beyond] == [_shown(one) for one in begun]
        and all(one.digest and not one.errors for one in begun)
        and len(begun) > 0
    )


def _shown(one: Decoded) -> tuple[object, ...]:
    return one.stamps.pts, one.stamps.time_base, one.stamps.length_us, one.digest


def _given(keyframe: Keyframe | None) -> tuple[bool, int, int, int]:
    if keyframe is None:
        return False, 0, 0, 0
    return True, keyframe.asked, keyframe.pts, keyframe.position


def _known(stamp: int | None) -> tuple[bool, int]:
    return stamp is not None, stamp or 0
