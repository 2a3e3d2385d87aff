"""The child that reads a picture: `python -I -m ….picture_child PICTURE_FD OUT_FD`.

It writes the picture as the network is to see it: the views that a film's frame would get.
"""

import os
from collections.abc import Mapping
from typing import Any

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from ...db.errors import LimitError, MediaError
from ..framing import scaled_size, views
from ..framing_names import FramingName
from ..pixels import Scaler, shown_size
from .confined import run, tell

# FFmpeg's readers of one picture each; what several layers or pages show is not looked for.
READERS = "jpeg_pipe,png_pipe,webp_pipe,bmp_pipe"


def read(picture_fd: int, out_fd: int, orders: Mapping[str, Any]) -> None:
    """Read the picture, and write its views: `(V, side, side, 3) uint8`."""
    frame = _frame(picture_fd, orders["most_pixels"])
    side = orders["side"]
    width, height = shown_size(frame)
    scaler = Scaler(*scaled_size(width, height, 1.0, side), "rgb24")
    framings = [FramingName(name) for name in orders["framings"]]
    with os.fdopen(out_fd, "wb") as out:
        out.write(views(scaler.pixels(frame), framings, side).tobytes())
    tell(width=width, height=height)
    tell(done=True)


def _frame(fd: int, most_pixels: int) -> VideoFrame:
    """Decode the first picture. Raises MediaError, and LimitError if it is too large."""
    options = {"fd": str(fd), "protocol_whitelist": "fd", "format_whitelist": READERS}
    try:
        with av.open("fd:", mode="r", options=options) as container:
            stream = container.streams.video[0]
            if stream.width * stream.height > most_pixels:
                raise LimitError(
                    f"{stream.width} x {stream.height} pixels, {most_pixels} are allowed; "
                    "make the picture smaller"
                )
            stream.codec_context.thread_count = 1
            # Half a picture is not that picture: FFmpeg would fill in what is missing.
            stream.codec_context.options = {"err_detect": "explode"}
            for frame in container.decode(stream):
                return frame
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        raise _unreadable() from error
    except IndexError as error:
        raise _unreadable() from error
    raise _unreadable()


def _unreadable() -> MediaError:
    return MediaError(
        "no picture that can be read: JPEG, PNG, WebP or BMP, whole, and not too large to hold"
    )


if __name__ == "__main__":
    run(read)
