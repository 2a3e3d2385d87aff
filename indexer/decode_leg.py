"""One leg of a film, and where legs may begin. Only the decoding child imports this."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..db.records import US_PER_SECOND
from .decode import Reader
from .legs import SEAM, Keyframe, Leg
from .probe import Source

# Formats whose files tell where their keyframes are, and when each picture is shown.
WITH_INDEX = ("matroska", "mov")


def keyframes(source: Source, leg_us: int) -> Iterator[Keyframe]:
    """Yield keyframes at which legs of about `leg_us` may begin, in order; none if in doubt.

    They depend on the file alone. Moves the source's place in the file.
    """
    stream, length_us = source.stream, source.container_duration_us
    if not source.container_name.startswith(WITH_INDEX) or not length_us or not stream.time_base:
        return
    scale = US_PER_SECOND * stream.time_base
    start, last_pts = stream.start_time or 0, None
    for at_us in range(leg_us, length_us, leg_us):
        found = _keyframe_before(source, start + int(at_us / scale))
        if found is None or not _is_indexed(stream, length_us / 2 / scale):
            return
        if found.pts > (start if last_pts is None else last_pts):
            last_pts = found.pts
            yield found


def _keyframe_before(source: Source, asked: int) -> Keyframe | None:
    try:
        source.container.seek(asked, stream=source.stream)
        packet = next(source.container.demux(source.stream))
    except (FFmpegError, StopIteration):
        return None
    if not packet.is_keyframe or packet.is_discard or packet.pts is None or not packet.pos:
        return None
    return Keyframe(asked, packet.pts, packet.pos)


def _is_indexed(stream: VideoStream, until: float) -> bool:
    """Whether the file has an index of its keyframes: without one, seeking reads all before."""
    entries = stream.index_entries
    return bool(len(entries)) and entries[-1].timestamp >= until


@dataclass(frozen=True, slots=True)
class LegFrame:
    """A decoded frame of a leg, or one of those `beyond` its end; and the errors before it."""

    frame: VideoFrame
    errors: int
    beyond: bool


@dataclass(slots=True)
class LegDecoding:
    """Decodes a leg, and SEAM frames beyond its end.

    Pictures that are shown before the leg's first keyframe, but stand after it in the file, belong
    to the leg before: they need what that one decoded. What fails of them is not counted here.
    """

    source: Source
    leg: Leg
    reached: bool = False
    in_order: bool = True
    _reader: Reader = field(init=False)
    _ignored: int = 0
    _leading: bool = field(init=False)
    _last_pts: int | None = None

    def __post_init__(self) -> None:
        self._reader = Reader(self.source)
        self._leading = self.leg.first is not None

    @property
    def errors(self) -> int:
        """How much of the leg could not be decoded so far."""
        return self._reader.errors - self._ignored

    def __iter__(self) -> Iterator[LegFrame]:
        """Yield the frames; `reached` and `in_order` are known at the end."""
        first, end, beyond = self.leg.first, self.leg.end, 0
        for frame in self._decoded():
            if first is not None and frame.pts is not None and frame.pts < first.pts:
                self._ignored += frame.is_corrupt
                continue
            self._check_order(frame.pts)
            is_beyond = self.reached and end is not None and (frame.pts or 0) >= end.pts
            yield LegFrame(frame, self.errors, is_beyond)
            beyond += is_beyond
            if beyond == SEAM:
                return

    def _check_order(self, pts: int | None) -> None:
        rises = pts is not None and (self._last_pts is None or pts > self._last_pts)
        self.in_order &= rises
        self._last_pts = pts

    def _decoded(self) -> Iterator[VideoFrame]:
        first = self.leg.first
        if first is not None:
            self.source.container.seek(first.asked, stream=self.source.stream)
        for packet in self._reader.packets():
            if first is not None and self._leading and (packet.pts or 0) > first.pts:
                self._ignored, self._leading = self._reader.errors, False
            self.reached |= self.leg.end is not None and _is_at(packet, self.leg.end)
            yield from self._reader.frames_of(packet)


def _is_at(packet: "Packet[VideoStream]", keyframe: Keyframe) -> bool:
    return (packet.pts, packet.pos) == (keyframe.pts, keyframe.position)


def digest(frame: VideoFrame) -> int:
    """Return a number by which two frames of other pixels differ; 0 if it cannot be known."""
    try:
        return zlib.crc32(np.ascontiguousarray(frame.to_ndarray()).data) or 1
    except ValueError:
        return 0
