"""Frames in order of presentation, each with its time. Only the decoding child imports this."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from av.error import EOFError as EndOfFile
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..db.errors import MediaError
from ..db.records import US_PER_SECOND
from .clock import Clock
from .placing import LOST_US, Placing, Stamps
from .probe import Source


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A decoded frame, and where it belongs: see Placed."""

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
    placing: Placing

    @classmethod
    def of(cls, source: Source) -> Self:
        """Begin at the first frame of `source`."""
        return cls(Reader(source), Placing(Clock.at_rate(source.frame_rate)))

    def __iter__(self) -> Iterator[TimedFrame]:
        """Yield the frames. Raises MediaError at the end if there was none."""
        for frame in self._decoded():
            placed = self.placing.place(stamps(frame), self.reader.errors)
            if placed is not None:
                yield TimedFrame(placed.number, placed.time_us, frame, placed.lost_from_us)
        if not self.placing.frames:
            raise self.reader.nothing_decoded()

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self.reader.packets():
            yield from self.reader.frames_of(packet)

    @property
    def errors(self) -> int:
        """How much could not be decoded, or not be placed, so far."""
        return self.reader.errors + self.placing.unplaced

    @property
    def first_us(self) -> int | None:
        """The first frame's time on the stream's own time line."""
        return self.placing.clock.first_us

    @property
    def film_frames(self) -> int:
        """How many frames were shown so far."""
        return self.placing.frames

    def ends_us(self) -> tuple[int, int]:
        """Return where the last frame ends, and where the film does."""
        seen_us = self.placing.seen_us
        return seen_us, film_end_us(self.reader.source, self.first_us, seen_us)


def stamps(frame: VideoFrame) -> Stamps:
    """Return what a frame says of its time."""
    return Stamps(frame.pts, frame.dts, frame.time_base, length_us(frame))


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
