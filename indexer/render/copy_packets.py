"""A censored copy whose picture is not encoded anew: its packets are copied, and then compared."""

import hashlib
import os
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ...db.errors import MediaError
from ...db.records import US_PER_SECOND
from ..probe import Source
from .plan import Plan, touches
from .uncoded import PacketFacts, Uncoded, uncoded

MICROSECOND = Fraction(1, US_PER_SECOND)


def survey(source: Source, plan: Plan, at_us: Callable[[int], None]) -> tuple[Uncoded, int] | None:
    """Read a film's packets, without decoding, and plan to copy them; None if that cannot be.

    The second value is the first frame's time on the stream's own time line.
    """
    if plan.covered:
        return None
    found: list[tuple[int, bool]] = []
    last_us, last_length_us = -1, 0
    for packet in source.container.demux(source.stream):
        if not packet.size:
            continue
        if packet.pts is None:
            return None
        time_us = _time_us(packet)
        found.append((time_us, bool(packet.is_keyframe)))
        at_us(time_us)
        if time_us > last_us:
            length = (packet.duration or 1) * _base(packet)
            last_us, last_length_us = time_us, round(length * US_PER_SECOND)
    times = {time_us for time_us, _ in found}
    if not found or len(times) != len(found):
        return None
    first_us = min(times)
    facts = [PacketFacts(time_us - first_us, key) for time_us, key in found]
    planned = uncoded(facts, plan.cut, last_us - first_us + last_length_us)
    return None if planned is None else (planned, first_us)


def move(packet: "Packet[VideoStream]", time_us: int, decode_us: int) -> None:
    """Give a packet its times in the copy."""
    base = _base(packet)
    packet.pts = round(time_us / base / US_PER_SECOND)
    packet.dts = min(packet.pts, round(decode_us / base / US_PER_SECOND))


def add_stream(out: OutputContainer, source: Source) -> VideoStream:
    """Give the copy a stream for packets of the source's picture."""
    return out.add_stream_from_template(source.stream)


def compare(source: Source, plan: Plan, copy_fd: int, at_us: Callable[[int], None]) -> None:
    """Decode both, and compare every frame that stays. Raises MediaError at the first that differs.

    A container may hold packets otherwise than they were: what counts is that they show the same.
    """
    os.lseek(copy_fd, 0, os.SEEK_SET)
    with av.open("fd:", options={"fd": str(copy_fd)}) as container:
        theirs = _digests(container.decode(video=0))
        for number, ours in enumerate(_kept(source, plan, at_us)):
            if next(theirs, None) != ours:
                raise MediaError(f"frame {number} of the copy is another; copy without --smart")
        if next(theirs, None) is not None:
            raise MediaError("the copy has a frame too many; copy without --smart")


def _kept(source: Source, plan: Plan, at_us: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the digests of the frames that stay, from the beginning of the film again."""
    source.container.seek(0, backward=True)
    frames = []
    for frame in source.container.decode(source.stream):
        frames.append(_timed(frame))
        at_us(frames[-1][0])
    first_us = min(time_us for time_us, _ in frames)
    for number, (time_us, digest) in enumerate(frames):
        last = number + 1 == len(frames)
        until_us = time_us + _frame_us(source) if last else frames[number + 1][0]
        if not touches(plan.cut, time_us - first_us, until_us - first_us):
            at_us(time_us)
            yield digest


def _frame_us(source: Source) -> int:
    return round(US_PER_SECOND / source.frame_rate)


def _timed(frame: VideoFrame) -> tuple[int, bytes]:
    base = frame.time_base or MICROSECOND
    return round((frame.pts or 0) * base * US_PER_SECOND), _digest(frame)


def _digests(frames: Iterator[VideoFrame]) -> Iterator[bytes]:
    yield from map(_digest, frames)


def _digest(frame: VideoFrame) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for plane in frame.planes:
        digest.update(bytes(plane))
    return digest.digest()


def _time_us(packet: "Packet[VideoStream]") -> int:
    return round((packet.pts or 0) * _base(packet) * US_PER_SECOND)


def _base(packet: "Packet[VideoStream]") -> Fraction:
    return packet.time_base or MICROSECOND
