"""Films rendered so that every cut, time and colour is known beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 96, 64


@dataclass(frozen=True)
class Take:
    """A shot to render: so many frames of a colour, with a texture that moves unless it is flat."""

    rgb: tuple[int, int, int]
    frames: int
    flat: bool = False


RED, GREEN, BLUE = (220, 30, 30), (30, 220, 30), (30, 30, 220)
BLACK = (0, 0, 0)


def render(
    path: Path,
    takes: Sequence[Take],
    *,
    rate: int = 25,
    gop: int = 12,
    codec: str = "mpeg4",
    first_pts: int = 0,
    frame_times: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Render takes to a file.

    `first_pts` is in frames; `frame_times`, if given, in tenths of a frame.
    """
    time_base = Fraction(1, rate if frame_times is None else rate * 10)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=dict(options or {}))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = time_base
        stream.bit_rate = 4_000_000
        stream.gop_size = gop
        number = 0
        for take in takes:
            for n in range(take.frames):
                frame = av.VideoFrame.from_ndarray(picture(take, n), format="rgb24")
                frame.time_base = time_base
                frame.pts = first_pts + (frame_times[number] if frame_times else number)
                container.mux(stream.encode(frame))
                number += 1
        container.mux(stream.encode(None))
    return path


def render_pictures(path: Path, pictures: np.ndarray, *, rate: int = 25) -> Path:
    """Render pictures, `(N, H, W, 3) uint8` of even size, to a file."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for number, one in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(one, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(take: Take, n: int) -> np.ndarray:
    """Draw frame `n` of a take: `(HEIGHT, WIDTH, 3) uint8`."""
    base = np.broadcast_to(np.array(take.rgb, np.int16), (HEIGHT, WIDTH, 3)).copy()
    if not take.flat:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        base += (((x * 5 + y * 3 + n) % 61) - 30)[..., None].astype(np.int16)
    return np.clip(base, 0, 255).astype(np.uint8)


def cuts_us(takes: Sequence[Take], rate: int = 25) -> list[int]:
    """Work out where the cuts are."""
    starts = np.cumsum([take.frames for take in takes])[:-1]
    return [int(start) * 1_000_000 // rate for start in starts]
