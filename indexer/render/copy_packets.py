"""A censored copy whose packets are copied where they can be, and then compared."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ...db.errors import MediaError
from ...db.records import US_PER_SECOND
from ..probe import Source
from .h264 import is_idr
from .patched import PacketFacts, Patched, patched
from .pictures import covered
from .plan import Plan, touches
from .stitch import Stitcher

MICROSECOND = Fraction(1, US_PER_SECOND)
# Of 255 steps of grey, on average over a frame. At its quality x264 is off by 1 or 2; a frame
# decoded with another's parameter sets, or another frame, by tens.
MOST_OFF = 6.0


@dataclass(frozen=True, slots=True)
class Survey:
    """A plan to copy packets; where some must be encoded, by what.

    `first_us` is the first frame's time on the stream's own time line.
    """

    plan: Patched
    first_us: int
    stitcher: Stitcher | None


def survey(source: Source, plan: Plan, at_us: Callable[[int], None]) -> Survey | None:
    """Read a film's packets, decoding one frame, and plan to copy them; None if that cannot be."""
    first = next(source.container.decode(source.stream), None)
    if first is None or first.rotation:
        return None  # a copy has no note of rotation
    stitcher = Stitcher.of(source, first)
    source.container.seek(0, backward=True)
    source.stream.codec_context.flush_buffers()
    found: list[PacketFacts] = []
    last_us, last_length_us = -1, 0
    for packet in source.container.demux(source.stream):
        if not packet.size:
            continue
        if packet.pts is None:
            return None
        time_us = _time_us(packet)
        key = bool(packet.is_keyframe)
        clean = key and (stitcher is None or is_idr(bytes(packet), stitcher.sets))
        found.append(PacketFacts(time_us, key, clean))
        at_us(time_us)
        if time_us > last_us:
            length = (packet.duration or 1) * _base(packet)
            last_us, last_length_us = time_us, round(length * US_PER_SECOND)
    if not found or len({one.time_us for one in found}) != len(found):
        return None
    first_us = min(one.time_us for one in found)
    facts = [replace(one, time_us=one.time_us - first_us) for one in found]
    end_us = last_us - first_us + last_length_us
    planned = patched(facts, plan, end_us, can_encode=stitcher is not None)
    return None if planned is None else Survey(planned, first_us, stitcher)


def add_stream(out: OutputContainer, source: Source, surveyed: Survey) -> VideoStream:
    """Give the copy a stream for packets of the source's picture."""
    stream = out.add_stream_from_template(source.stream)
    if surveyed.plan.encoded and surveyed.stitcher is not None:
        stream.codec_context.extradata = surveyed.stitcher.extradata
    return stream


def compare(
    source: Source, plan: Plan, surveyed: Survey, copy_fd: int, at_us: Callable[[int], None]
) -> None:
    """Decode both, and compare every frame that stays. Raises MediaError at the first that differs.

    What was copied must be the same to the last bit, what was encoded anew look the same. A
    container may hold packets otherwise than they were: what counts is that they show the same.
    """
    numbers = {time_us: number for number, time_us in enumerate(surveyed.plan.film_us)}
    encoded = {
        number
        for group in surveyed.plan.groups
        if group.encoded
        for number in range(group.first, group.end)
    }
    os.lseek(copy_fd, 0, os.SEEK_SET)
    with av.open("fd:", options={"fd": str(copy_fd)}) as container:
        theirs = container.decode(video=0)
        kept = _kept(source, plan, surveyed.first_us, at_us)
        for count, (time_us, ours) in enumerate(kept):
            number = numbers.get(time_us)
            shown = covered(ours, plan.cover) if number in surveyed.plan.hidden else ours
            if not _same(next(theirs, None), shown, bitwise=number not in encoded):
                raise MediaError(f"frame {count} of the copy is another; copy without --smart")
        if next(theirs, None) is not None:
            raise MediaError("the copy has a frame too many; copy without --smart")


def _same(theirs: VideoFrame | None, ours: VideoFrame, *, bitwise: bool) -> bool:
    if theirs is None or (theirs.width, theirs.height) != (ours.width, ours.height):
        return False
    if bitwise:
        return _digest(theirs) == _digest(ours)
    one, other = (frame.to_ndarray(format="gray").astype(np.int16) for frame in (theirs, ours))
    return float(np.abs(one - other).mean()) <= MOST_OFF


def _kept(
    source: Source, plan: Plan, first_us: int, at_us: Callable[[int], None]
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the frames that stay with their times, from the beginning of the film again."""
    source.container.seek(0, backward=True)
    source.stream.codec_context.flush_buffers()
    before: tuple[int, VideoFrame] | None = None
    for frame in source.container.decode(source.stream):
        base = frame.time_base or MICROSECOND
        time_us = round((frame.pts or 0) * base * US_PER_SECOND) - first_us
        at_us(time_us)
        if before is not None and not touches(plan.cut, before[0], time_us):
            yield before
        before = time_us, frame
    if before is not None and not touches(plan.cut, before[0], before[0] + _frame_us(source)):
        yield before


def _frame_us(source: Source) -> int:
    return round(US_PER_SECOND / source.frame_rate)


def _digest(frame: VideoFrame) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for plane in frame.planes:
        digest.update(bytes(plane))
    return digest.digest()


def _time_us(packet: "Packet[VideoStream]") -> int:
    return round((packet.pts or 0) * _base(packet) * US_PER_SECOND)


def _base(packet: "Packet[VideoStream]") -> Fraction:
    return packet.time_base or MICROSECOND
