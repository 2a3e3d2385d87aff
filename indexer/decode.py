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
class Reader:
    """Reads a source's packets and decodes them, counting what cannot be."""

    source: Source
    errors: int = 0

    def packets(self) -> Iterator["Packet[VideoStream]"]:
        """Yield all packets in the order of the file, the last one empty: it empties the decoder.

        Raises MediaError at the first that is encrypted.
        """
        packets = self.source.container.demux(self.source.stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                # FFmpeg cannot read on: what was decoded up to here is what there is.
                self.errors += 1
                return
            if packet is None:
                return
            if packet.has_sidedata("encryption_info"):
                raise MediaError("encrypted; filmdex needs the film in the clear")
            yield packet

    def frames_of(self, packet: "Packet[VideoStream]") -> Iterator[VideoFrame]:
        """Decode a packet; frames may come late, with a later packet."""
        try:
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    self.errors += frame.is_corrupt
                    yield frame
        except EndOfFile:
            return
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            # A packet without content says that the frame before is still shown (Theora, AVI).
            self.errors += packet.size > 0

    def frames_alone(self, packet: "Packet[VideoStream]") -> Iterator[VideoFrame]:
        """Decode a packet as if it were the only one, and give its frame at once.

        The decoder must have been drained. One that is fed keyframes only would keep some back,
        and HEVC's give them out of order.
        """
        yield from self.frames_of(packet)
        yield from self.drained()

    def drained(self) -> Iterator[VideoFrame]:
        """Give what the decoder still holds, and let it begin anew."""
        context = self.source.stream.codec_context
        try:
            yield from context.decode(None)
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            self.errors += not isinstance(error, EndOfFile)
        context.flush_buffers()

    def nothing_decoded(self) -> MediaError:
        """Return the error for a film of which not one frame could be decoded."""
        return MediaError(
            f"not one frame of its {self.source.codec} picture could be decoded "
            f"({self.errors} errors); it is damaged or encrypted"
        )


@dataclass(slots=True)
class Decoding:
    """Decodes every frame of a source, once."""

    reader: Reader
    clock: Clock
    frames: int = 0
    _best: BestTimestamps = field(default_factory=BestTimestamps)
    _last_length_us: int = 0

    @classmethod
    def of(cls, source: Source) -> Self:
        """Begin at the first frame of `source`."""
        return cls(Reader(source), Clock.at_rate(source.frame_rate))

    def __iter__(self) -> Iterator[TimedFrame]:
        """Yield the frames. Raises MediaError at the end if there was none."""
        seen_us, errors_before = 0, 0
        for frame in self._decoded():
            time_us = self.clock.time_us(self._best.choose(frame.pts, frame.dts), frame.time_base)
            if time_us is None:
                self.reader.errors += 1
                continue
            lost = self.reader.errors > errors_before and time_us - seen_us >= LOST_US
            self._last_length_us = length_us(frame) or self.clock.frame_us
            yield TimedFrame(self.frames, time_us, frame, seen_us if lost else None)
            self.frames += 1
            seen_us, errors_before = self.seen_us, self.reader.errors
        if not self.frames:
            raise self.reader.nothing_decoded()

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self.reader.packets():
            yield from self.reader.frames_of(packet)

    @property
    def seen_us(self) -> int:
        """Where the last frame so far ceases to be shown."""
        return self.clock.last_us + self._last_length_us

    @property
    def first_us(self) -> int | None:
        """The first frame's time on the stream's own time line."""
        return self.clock.first_us

    @property
    def film_frames(self) -> int:
        """How many frames were shown so far."""
        return self.frames

    def ends_us(self) -> tuple[int, int]:
        """Return where the last frame ends, and where the film does."""
        return self.seen_us, film_end_us(self.reader.source, self.clock.first_us, self.seen_us)


def length_us(frame: VideoFrame) -> int:
    """Return how long a frame says that it is shown; 0 if it does not."""
    return round(frame.duration * (frame.time_base or 0) * US_PER_SECOND)


def film_end_us(source: Source, first_us: int | None, seen_us: int) -> int:
    """Return where a film ends: later than what was seen if its file promises more, cut off."""
    promised_us = (source.stream_end_us or 0) - (first_us or 0)
    return promised_us if promised_us - seen_us >= LOST_US else seen_us


def container_offset_us(source: Source, first_us: int | None) -> int:
    """Return the first frame's time on the clock of a player, which begins with the container."""
    return 0 if first_us is None or source.start_us is None else first_us - source.start_us
