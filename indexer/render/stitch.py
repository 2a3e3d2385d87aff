"""Encoding stretches of an H.264 film so that they fit between packets that are copied."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.codec.context import Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from ...db.errors import MediaError
from ...db.records import US_PER_SECOND
from ..probe import Source
from .h264 import ParameterSets, as_in, read_sets

MICROSECOND = Fraction(1, US_PER_SECOND)
X264 = {"crf": "18", "preset": "veryfast"}


def colours(context: VideoCodecContext, like: VideoFrame) -> None:
    """Have an encoder say of its colours what a frame says of its own."""
    context.colorspace, context.color_range = like.colorspace, like.color_range
    context.color_primaries, context.color_trc = like.color_primaries, like.color_trc


@dataclass(frozen=True, slots=True)
class Stitcher:
    """Encodes like a film: in its profile, with parameter sets that stand beside its own.

    `extradata` is both's. A stretch is decoded in the order in which it is shown, and begins with
    an IDR picture, as what follows it must.
    """

    source: Source
    sets: ParameterSets
    profile: str
    number: int
    like: VideoFrame
    extradata: bytes

    @classmethod
    def of(cls, source: Source, like: VideoFrame) -> "Stitcher | None":
        """Return what encodes between a film's packets, None if its kind of film cannot be.

        `like` is a frame of it.
        """
        context = source.stream.codec_context
        sets = read_sets(context.extradata or b"") if context.name == "h264" else None
        if sets is None or like.interlaced_frame or like.rotation:
            return None
        profile, number = sets.profile, sets.free_id()
        if profile is None or number is None:
            return None
        bare = cls(source, sets, profile, number, like, b"")
        own = read_sets(bare.begin().context.extradata or b"")
        if own is None or own.profile != profile:
            return None
        return cls(source, sets, profile, number, like, sets.joined(own))

    def begin(self) -> "Stretch":
        """Begin a stretch."""
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height = self.like.width, self.like.height
        context.pix_fmt = self.like.format.name
        context.time_base, context.framerate = MICROSECOND, self.source.frame_rate
        aspect = self.source.pixel_aspect
        context.sample_aspect_ratio = Fraction(aspect).limit_denominator(1000)
        colours(context, self.like)
        own = f"sps-id={self.number}"
        context.options = X264 | {"profile": self.profile, "bf": "0", "x264-params": own}
        context.flags |= Flags.global_header
        context.open()
        return Stretch(context, self.sets, self.source.stream.time_base or MICROSECOND)


@dataclass(slots=True)
class Stretch:
    """A stretch in the making."""

    context: VideoCodecContext
    sets: ParameterSets
    time_base: Fraction

    def encode(
        self, picture: VideoFrame | None, time_us: int = 0
    ) -> "Iterator[tuple[Packet[Any], int]]":
        """Encode a picture that is shown at a time of the copy; None is the end.

        Yields packets in order, with the times at which they are shown.
        """
        if picture is not None:
            if (picture.width, picture.height) != (self.context.width, self.context.height):
                raise MediaError("its picture changes its size; copy without --smart")
            picture = picture.reformat(format=self.context.pix_fmt)
            picture.pts, picture.time_base, picture.pict_type = time_us, MICROSECOND, 0
        for packet in self.context.encode(picture):
            made: Packet[Any] = Packet(as_in(self.sets, bytes(packet)))
            made.is_keyframe, made.time_base = packet.is_keyframe, self.time_base
            yield made, packet.pts or 0
