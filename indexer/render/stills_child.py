"""The child that takes pictures out of a film: `python -I -m ….stills_child FILM_FD OUT_FD`.

It goes to the keyframe before each time, which it takes or decodes from. The pictures are written
one after the other, as JPEG; the parent is told how long each is.
"""

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from ...db.records import US_PER_SECOND
from ..decode import length_us
from ..probe import Source, open_source
from .confined import run, tell
from .pictures import upright

# A keyframe may be further back than this in a damaged file: then there is no picture.
MOST_FRAMES = 3_000


def take(film_fd: int, out_fd: int, orders: Mapping[str, Any]) -> None:
    """Take the pictures that are ordered, in the order of their times."""
    source = open_source(film_fd)
    first_us = (source.start_us or 0) + orders["container_offset_us"]
    with os.fdopen(out_fd, "wb") as out:
        for time_us in sorted(orders["times_us"]):
            frame = _frame_at(source, first_us, time_us, exact=orders["exact"])
            data = b"" if frame is None else _jpeg(upright(frame), orders["width"])
            out.write(data)
            tell(time_us=time_us, bytes=len(data))
    tell(done=True)


def _frame_at(source: Source, first_us: int, time_us: int, *, exact: bool) -> VideoFrame | None:
    """Return the frame shown at a time, or the keyframe before; None if it cannot be decoded."""
    stream = source.stream
    base = stream.time_base or Fraction(1, US_PER_SECOND)
    target = round((first_us + time_us) / base / US_PER_SECOND)
    frame: VideoFrame | None = None
    try:
        source.container.seek(target, stream=stream, backward=True)
        for number, frame in enumerate(source.container.decode(stream)):
            at_us = round((frame.pts or 0) * base * US_PER_SECOND) - first_us
            if not exact or at_us + max(1, length_us(frame)) > time_us or number == MOST_FRAMES:
                break
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        return None
    return frame


def _jpeg(picture: VideoFrame, width: int) -> bytes:
    width = min(width, picture.width) // 2 * 2 or 2
    height = max(2, round(picture.height * width / picture.width / 2) * 2)
    context = CodecContext.create("mjpeg", "w")
    assert isinstance(context, VideoCodecContext)  # noqa: S101  mjpeg is of pictures
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base = Fraction(1, 25)
    small = picture.reformat(width, height, "yuvj420p", interpolation="AREA")
    small.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(small), *context.encode(None)])


if __name__ == "__main__":
    run(take)
