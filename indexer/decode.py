"""Frames in order of presentation, each with its time. Only the decoding child imports this."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from av.error import EOFError as EndOfFile
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..db.errors import MediaError
from ..db.records import US_PER_SECOND
from .clock import BestTimestamps, Clock
from .probe import Source

# Undecodable frames that leave a hole as long as this leave a stretch that was not looked at.
LOST_US = US_PER_SECOND


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A decoded frame, its number among those shown, and its time.

    `lost_from_us` is where a stretch began that could not be decoded and that this frame ends.
    """

    number: int
    time_us: int
    frame: VideoFrame
    lost_from_us: int | None


@dataclass(slots=True)
class Decoding:
    """Decodes every frame of a source, once, and counts what could not be."""

    source: Source
    clock: Clock
    frames: int = 0
    errors: int = 0
    _best: BestTimestamps = field(default_factory=BestTimestamps)
    _last_length_us: int = 0

    @classmethod
    def of(cls, source: Source) -> Self:
        """Begin at the first frame of `source`."""
        return cls(source, Clock.at_rate(source.frame_rate))

    def __iter__(self) -> Iterator[TimedFrame]:
        """Yield the frames. Raises MediaError at the end if there was none."""
        seen_us, errors_before = 0, 0
        for frame in self._decoded():
            time_us = self.clock.time_us(self._best.choose(frame.pts, frame.dts), frame.time_base)
            if time_us is None:
                self.errors += 1
                continue
            lost = self.errors > errors_before and time_us - seen_us >= LOST_US
            self._last_length_us = self._length_us(frame)
            yield TimedFrame(self.frames, time_us, frame, seen_us if lost else None)
            self.frames += 1
            self.errors += frame.is_corrupt
            seen_us, errors_before = self.seen_us, self.errors
        if not self.frames:
            raise MediaError(
                f"not one frame of its {self.source.codec} picture could be decoded "
                f"({self.errors} errors); it is damaged or encrypted"
            )

    @property
    def seen_us(self) -> int:
        """Where the last frame so far ceases to be shown."""
        return self.clock.last_us + self._last_length_us

    def ends_us(self) -> tuple[int, int]:
        """Return where the last frame ends, and where the film does.

        The latter is later if the file promises more than it holds: it was cut off.
        """
        promised_us = (self.source.stream_end_us or 0) - (self.clock.first_us or 0)
        lost = promised_us - self.seen_us >= LOST_US
        return self.seen_us, promised_us if lost else self.seen_us

    @property
    def container_offset_us(self) -> int:
        """The first frame's time on the clock of a player, which begins with the container."""
        first_us = self.clock.first_us
        start_us = self.source.start_us
        return 0 if first_us is None or start_us is None else first_us - start_us

    def _length_us(self, frame: VideoFrame) -> int:
        length = frame.duration * (frame.time_base or 0)
        return round(length * US_PER_SECOND) or self.clock.frame_us

    def _decoded(self) -> Iterator[VideoFrame]:
        packets = self.source.container.demux(self.source.stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                # FFmpeg cannot read on: what was decoded up to here is what there is.
                self.errors += 1
                packet = None
            if packet is None:
                return
            if packet.has_sidedata("encryption_info"):
                raise MediaError("encrypted; filmdex needs the film in the clear")
            yield from self._decoded_packet(packet)

    def _decoded_packet(self, packet: "Packet[VideoStream]") -> Iterator[VideoFrame]:
        try:
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    yield frame
        except EndOfFile:
            return
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            # A packet without content says that the frame before is still shown (Theora, AVI).
            self.errors += packet.size > 0
