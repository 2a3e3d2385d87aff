"""Opening an untrusted file: which demuxers may, which stream is the film, and what it claims.

Only the decoding child imports this. FFmpeg's `fd:` protocol with `protocol_whitelist=fd` cannot
open a second file, whatever a playlist or a reference inside the file asks for
(https://ffmpeg.org/ffmpeg-protocols.html#fd).
"""

import os
import re
from dataclasses import dataclass, replace
from fractions import Fraction

import av
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from ..db.errors import MediaError, WorkerError
from ..db.records import US_PER_SECOND
from .decoder_names import DecoderName

DEMUXERS = (
    "asf,av1,avi,avs2,avs3,cavsvideo,dirac,dv,flv,gxf,h261,h263,h264,hevc,ivf,live_flv,"
    "m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,mpegvideo,mxf,nsv,nut,obu,ogg,rm,"
    "swf,vc1,vvc,wtv,yuv4mpegpipe"
)
DURATION_TAG = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
PLAYLIST_MARKS = (b"#EXTM3U", b"[playlist]", b"ffconcat", b"<?xml", b"<MPD", b"[Reference]")


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file and the stream that is the film, with what their headers say.

    `codec` is the decoder that is really used, and on which device. `start_us` is where a player's
    clock begins, `stream_end_us` where the picture should end if the format keeps that, both on the
    stream's own time line. `pixel_aspect` is a pixel's width by its height. The container's
    duration may be longer for its sound, or estimated from its bit rate.
    """

    container: InputContainer
    stream: VideoStream
    container_name: str
    codec: str
    frame_rate: Fraction
    pixel_aspect: float
    start_us: int | None
    stream_end_us: int | None
    container_duration_us: int | None


def open_source(fd: int, decoder: DecoderName = DecoderName.SOFTWARE) -> Source:
    """Open the file behind `fd` and choose its film, to be decoded by `decoder`.

    Raises MediaError, in words for the person whose file it is, and WorkerError if a decoder that
    was named does not work here, or not for this film; MemoryError if the limit does not let it.
    """
    refuse_playlist(os.pread(fd, 64, 0))
    try:
        container = _open(fd, None)
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise  # the limit's doing, not the film's
        raise MediaError(
            f"no film that filmdex can read ({error.strerror}); is it damaged, or no video at all?"
        ) from error
    stream = _film_stream(container)
    match decoder:
        case DecoderName.SOFTWARE:
            return _source(container, stream)
        case DecoderName.AUTO:
            for device in hwdevices_available():
                try:
                    return _on_device(fd, device)
                except WorkerError:
                    continue
            # The descriptor has been read from meanwhile: what was opened first has lost its place.
            container = _open(fd, None)
            return _source(container, _film_stream(container))
        case _:
            return _on_device(fd, decoder)


def _open(fd: int, accelerated: HWAccel | None) -> InputContainer:
    os.lseek(fd, 0, os.SEEK_SET)
    return av.open(
        "fd:",
        mode="r",
        metadata_errors="replace",
        options={"fd": str(fd), "protocol_whitelist": "fd", "format_whitelist": DEMUXERS},
        hwaccel=accelerated,
    )


def _on_device(fd: int, device: str) -> Source:
    """Open a film that can be read for a device to decode. Raises WorkerError if it will not."""
    try:
        container = _open(fd, HWAccel(device, allow_software_fallback=False))
    except (FFmpegError, RuntimeError, ValueError) as error:
        raise WorkerError(
            f"index.decoder = {device} does not work here, or not for this film ({error}); "
            "set it to auto or software"
        ) from error
    stream = _film_stream(container)
    if not stream.codec_context.is_hwaccel:
        raise WorkerError(
            f"index.decoder = {device} does not decode {stream.codec_context.name}; "
            "set it to auto or software"
        )
    source = _source(container, stream)
    return replace(source, codec=f"{source.codec} on {device}")


def _source(container: InputContainer, stream: VideoStream) -> Source:
    return Source(
        container=container,
        stream=stream,
        container_name=container.format.name,
        # The format's name: a decoder may have its own (libdav1d), which nobody would ask for.
        codec=stream.codec_context.codec.canonical_name,
        frame_rate=stream.average_rate or stream.guessed_rate or Fraction(25),
        pixel_aspect=float(stream.sample_aspect_ratio or 1) or 1.0,
        start_us=container.start_time,
        stream_end_us=_stream_end_us(stream),
        container_duration_us=container.duration,
    )


def refuse_playlist(head: bytes) -> None:
    """Raise MediaError if a file's first bytes are those of a list of other files."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(PLAYLIST_MARKS):
        raise MediaError("a playlist, not a film; index the files that it names")


def _film_stream(container: InputContainer) -> VideoStream:
    pictures = [s for s in container.streams.video if not _is_cover(s)]
    if not pictures:
        kinds = ", ".join(sorted({stream.type for stream in container.streams}))
        raise MediaError(f"no picture in it, only {kinds or 'an empty container'}")
    # What a player shows first: the default stream, else the one with the largest picture.
    stream = max(pictures, key=lambda s: (_is_default(s), s.width * s.height, -s.index))
    if _codec_tag(stream) in ("encv", "drmi"):
        raise MediaError("encrypted; filmdex needs the film in the clear")
    if stream.codec_context is None:
        raise MediaError("its picture is in a codec that this FFmpeg cannot decode")
    # One decoder thread per child: the cores are shared out by running several children.
    stream.codec_context.thread_count = 1
    return stream


def _codec_tag(stream: VideoStream) -> str:
    context = stream.codec_context
    return "" if context is None else context.codec_tag


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _is_default(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.default)


def _stream_end_us(stream: VideoStream) -> int | None:
    """Return where the stream should end, from MP4's track header or Matroska's DURATION tag."""
    if "mp4" in stream.container.format.name and stream.duration and stream.time_base:
        end = (stream.start_time or 0) + stream.duration
        return round(end * stream.time_base * US_PER_SECOND)
    written = DURATION_TAG.fullmatch(stream.metadata.get("DURATION", ""))
    if written is None:
        return None
    # FFmpeg writes where the last frame ends; others its distance from the first, which is less.
    hours, minutes, seconds = written.groups()
    return round((int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)) * US_PER_SECOND)
