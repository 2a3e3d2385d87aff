"""The child that makes a censored copy: `python -I -m ….copy_child FILM_FD OUT_FD`.

Every frame is decoded and given its time just as in indexing, so that spans fall on the frames that
were looked at. What stays is encoded anew: x264 at a quality that is hardly to be told from the
source, and AAC.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import av
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ...db.errors import MediaError
from ...db.records import US_PER_SECOND, Span
from ..clock import BestTimestamps, Clock
from ..decode import Reader, length_us
from ..probe import Source, open_source
from .confined import Progress, run, tell
from .copy_packets import Survey, add_stream, compare, survey
from .pictures import covered, upright
from .plan import Cover, Plan, Removals, touches
from .smart import SmartPicture
from .sound import Sound
from .stitch import X264, colours

MICROSECOND = Fraction(1, US_PER_SECOND)
AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 8_000)


@dataclass(slots=True)
class Copy:
    """A copy in the making."""

    source: Source
    out: OutputContainer
    plan: Plan
    clock: Clock
    reader: Reader
    video: Any = None
    sounds: dict[int, Sound] = field(default_factory=dict)
    captions: dict[int, Stream] = field(default_factory=dict)
    removals: Removals = field(default_factory=Removals)
    held: "list[Packet[Any]]" = field(default_factory=list)
    surveyed: Survey | None = None
    smart: SmartPicture | None = None
    frames: int = 0
    ends_us: int = 0
    _best: BestTimestamps = field(default_factory=BestTimestamps)
    progress: Progress = field(default_factory=Progress)

    def make(self) -> None:
        """Go through the film once."""
        streams = self._streams()
        for packet in self.source.container.demux(streams):
            index = packet.stream.index
            if index == self.source.stream.index and self.smart is not None:
                self._packet(cast("Packet[VideoStream]", packet), self.smart)
            elif index == self.source.stream.index:
                for frame in self.reader.frames_of(cast("Packet[VideoStream]", packet)):
                    self._picture(frame)
            elif index in self.sounds:
                self._hear(self.sounds[index], packet)
            elif packet.size and (self.video is None or index in self.captions):
                self.held.append(packet)
            # Without decoding, all that goes is known from the beginning.
            self._pass(self.clock.last_us if self.smart is None else float("inf"))
        if self.video is None:
            raise MediaError("nothing of it is left: every frame is to be cut")
        self._pass(float("inf"))
        for sound in self.sounds.values():
            self._mux(sound.end())
        if self.smart is None:
            self._mux(self.video.encode(None))

    def go_smart(self, surveyed: Survey) -> None:
        """Copy packets as planned, instead of encoding every frame."""
        plan, first_us = surveyed.plan, surveyed.first_us
        self.surveyed, self.removals, self.clock.first_us = surveyed, plan.removals, first_us
        cover, stitcher = self.plan.cover, surveyed.stitcher
        self.smart = SmartPicture(plan, cover, first_us, self.reader, stitcher)

    @property
    def removed_us(self) -> int:
        """How much of the film went, up to the last frame."""
        if self.smart is not None:
            return self.removals.removed_us
        going = self.removals.open_us
        return self.removals.removed_us + (0 if going is None else self.ends_us - going)

    def _streams(self) -> list[Stream]:
        """Choose the streams that go into the copy: the picture, all sound, captions as text."""
        container = self.source.container
        for stream in container.streams.audio:
            if stream.codec_context is not None and stream.codec_context.sample_rate:
                rate = _aac_rate(stream.codec_context.sample_rate)
                self.sounds[stream.index] = Sound(stream, self.plan, rate)
        captions = {stream.index for stream in container.streams.subtitles}
        indexes = {self.source.stream.index, *self.sounds, *captions}
        return [stream for stream in container.streams if stream.index in indexes]

    def _packet(self, packet: "Packet[VideoStream]", smart: SmartPicture) -> None:
        """Take a packet of the picture, and write what is ready."""
        for ready in smart.take(packet):
            if self.video is None and self.surveyed is not None:
                self._begin(add_stream(self.out, self.source, self.surveyed))
            ready.stream = self.video
            at_us = round((ready.pts or 0) * (ready.time_base or MICROSECOND) * US_PER_SECOND)
            self.out.mux(ready)
            self.frames += 1
            self.progress.at(at_us)

    def _begin(self, video: Any) -> None:
        """Give the copy its streams, the picture's first, now that it is known."""
        self.video = video
        for sound in self.sounds.values():
            sound.out = self.out.add_stream("aac", rate=sound.rate)
            sound.out.codec_context.layout = sound.source.codec_context.layout
        dropped = 0
        for caption in self.source.container.streams.subtitles:
            try:
                self.captions[caption.index] = self.out.add_stream_from_template(caption)
            except (FFmpegError, ValueError):
                dropped += 1
        if dropped:
            tell(dropped_captions=dropped)

    def _picture(self, frame: VideoFrame) -> None:
        at_us = self.clock.time_us(self._best.choose(frame.pts, frame.dts), frame.time_base)
        if at_us is None:
            return
        self.ends_us = at_us + (length_us(frame) or self.clock.frame_us)
        goes = touches(self.plan.cut, at_us, self.ends_us)
        out_us = self.removals.frame(at_us, goes=goes)
        if out_us is not None:
            hidden = touches(self.plan.covered, at_us, self.ends_us)
            self._show(
                covered(upright(frame), self.plan.cover) if hidden else upright(frame), out_us
            )
        self.progress.at(at_us)

    def _show(self, picture: VideoFrame, out_us: int) -> None:
        if self.video is None:
            self._begin(_video_stream(self.out, self.source, picture))
        shown = picture.reformat(format=self.video.pix_fmt)
        shown.pts, shown.time_base = out_us, MICROSECOND
        shown.pict_type = 0
        self._mux(self.video.encode(shown))
        self.frames += 1

    def _hear(self, sound: Sound, packet: "Packet[Any]") -> None:
        try:
            decoded: list[object] = list(packet.decode())
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            return  # what is missing becomes silence, so that the rest stays in step
        if self.clock.first_us is None and self.source.stream.start_time is None:
            return
        for frame in decoded:
            if isinstance(frame, AudioFrame):
                sound.take(frame, self._first_us())

    def _first_us(self) -> int:
        if self.clock.first_us is not None:
            return self.clock.first_us
        stream = self.source.stream
        return round((stream.start_time or 0) * (stream.time_base or 0) * US_PER_SECOND)

    def _pass(self, until_us: float) -> None:
        """Let sound and captions follow the picture."""
        if self.video is None:
            return
        for sound in self.sounds.values():
            self._mux(sound.flush(until_us, self.removals))
        waiting = []
        for packet in self.held:
            end_us = self._caption_us(packet) + _caption_length_us(packet)
            if end_us > until_us:
                waiting.append(packet)
            else:
                self._caption(packet)
        self.held = waiting

    def _caption_us(self, packet: "Packet[Any]") -> int:
        base = packet.time_base or MICROSECOND
        return round((packet.pts or 0) * base * US_PER_SECOND) - self._first_us()

    def _caption(self, packet: "Packet[Any]") -> None:
        """Write a caption where it comes to lie; one whose whole time was cut goes."""
        if packet.stream.index not in self.captions:
            return
        start_us = max(0, self._caption_us(packet))
        left = list(self.removals.left(start_us, start_us + max(1, _caption_length_us(packet))))
        if not left:
            return
        base = packet.time_base or MICROSECOND
        length = sum(to_us - from_us for from_us, to_us, _ in left)
        packet.pts = packet.dts = round(left[0][2] / base / US_PER_SECOND)
        packet.duration = round(length / base / US_PER_SECOND)
        packet.stream = self.captions[packet.stream.index]
        self.out.mux(packet)

    def _mux(self, packets: Iterator[Any] | list[Any]) -> None:
        for packet in packets:
            self.out.mux(packet)


def _caption_length_us(packet: "Packet[Any]") -> int:
    return round((packet.duration or 0) * (packet.time_base or MICROSECOND) * US_PER_SECOND)


def _video_stream(out: OutputContainer, source: Source, picture: VideoFrame) -> Any:
    stream = out.add_stream("libx264", rate=source.frame_rate, options=X264)
    stream.width, stream.height = picture.width, picture.height
    odd = picture.width % 2 or picture.height % 2
    stream.pix_fmt = "yuv444p" if odd else "yuv420p"
    context = stream.codec_context
    context.time_base = MICROSECOND
    context.sample_aspect_ratio = Fraction(source.pixel_aspect).limit_denominator(1000)
    colours(context, picture)
    return stream


def _aac_rate(rate: int) -> int:
    """Return the rate itself, or the nearest that AAC has."""
    return min(AAC_RATES, key=lambda known: abs(known - rate))


def copy(film_fd: int, out_fd: int, orders: Mapping[str, Any]) -> None:
    """Make the copy that is ordered."""
    source = open_source(film_fd)
    cut, mute, covered = (
        tuple(Span(a, b) for a, b in orders[name]) for name in ("cut", "mute", "covered")
    )
    plan = Plan(cut, mute, covered, Cover(orders["cover"]))
    # FFmpeg's `fd:` takes no descriptor when it writes (it takes stdout): Python writes for it.
    copy_fd = os.dup(out_fd)
    clock = Clock.at_rate(source.frame_rate)
    surveyed = None
    if orders["smart"]:
        surveyed = survey(source, plan, Progress().at)
        source.container.seek(0, backward=True)
        source.stream.codec_context.flush_buffers()
    with os.fdopen(out_fd, "wb") as file, av.open(file, "w", format=orders["format"]) as out:
        making = Copy(source, out, plan, clock, Reader(source))
        if surveyed is not None:
            making.go_smart(surveyed)
        making.make()
    if surveyed is not None:
        compare(source, plan, surveyed, copy_fd, Progress().at)
    encoded = making.frames if surveyed is None else surveyed.plan.encoded
    tell(done=True, frames=making.frames, removed_us=making.removed_us, encoded=encoded)


if __name__ == "__main__":
    run(copy)
