"""From a decoded frame to the pixels that are looked at, the same whatever the file's format."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from .pixels_type import Pixels

# An untagged picture: FFmpeg's players take BT.709 for high definition, BT.601 below.
HD_HEIGHT = 720
TAGGED = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}


class Scaler:
    """Scales frames to one size, averaging over areas; keeps swscale's tables between frames.

    `interpolation`: another of swscale's ways to do it, by its name.
    """

    def __init__(
        self, width: int, height: int, pixel_format: str, interpolation: str = "AREA"
    ) -> None:
        self._size = (width, height)
        self._format = pixel_format
        self._interpolation = interpolation
        self._reformatter = VideoReformatter()

    @property
    def picture_bytes(self) -> int:
        """How much memory a scaled picture takes."""
        return 3 * self._size[0] * self._size[1]

    def pixels(self, frame: VideoFrame) -> Pixels:
        """Scale a frame and turn it upright: `(height, width, 3) uint8`, full range."""
        width, height = self._size
        quarter_turns = round(frame.rotation / 90) % 4
        if quarter_turns % 2:
            width, height = height, width
        scaled = self._reformatter.reformat(
            frame,
            width,
            height,
            self._format,
            src_colorspace=_matrix(frame),
            interpolation=self._interpolation,
            src_color_range=frame.color_range or ColorRange.UNSPECIFIED,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        pixels = scaled.to_ndarray()
        upright = np.rot90(pixels, quarter_turns) if quarter_turns else pixels
        return np.ascontiguousarray(upright, dtype=np.uint8)


def _matrix(frame: VideoFrame) -> Colorspace:
    untagged = Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601
    return TAGGED.get(frame.colorspace, untagged)


def shown_size(frame: VideoFrame) -> tuple[int, int]:
    """Return width and height as shown, after rotation."""
    turned = round(frame.rotation / 90) % 2
    return (frame.height, frame.width) if turned else (frame.width, frame.height)


def frame_bytes(frame: VideoFrame) -> int:
    """Return how much memory a decoded frame takes."""
    return sum(plane.buffer_size for plane in frame.planes)


def entropy_bits(picture: Pixels) -> float:
    """Shannon entropy of the grey levels of `(H, W, 3) uint8`, 0 to 8 bits."""
    counts = np.bincount(_grey(picture).ravel(), minlength=256)
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def is_uniform(picture: Pixels) -> bool:
    """Whether a picture is one colour but for coding noise.

    A standard deviation under 2 levels of 256 in each channel: a black leader with noise has about
    1, a frame with one line of small white text over 10.
    """
    return bool(picture.reshape(-1, 3).std(axis=0).max() < 2.0)


def _grey(picture: Pixels) -> Pixels:
    """Luma of `(H, W, 3) uint8` by the integer weights of ITU-R BT.601."""
    wide = picture.astype(np.uint32)
    grey = (77 * wide[..., 0] + 150 * wide[..., 1] + 29 * wide[..., 2]) >> 8
    return grey.astype(np.uint8)
