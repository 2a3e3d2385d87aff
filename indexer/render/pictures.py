"""Pictures of a copy: turned upright, and covered where they should not be seen."""

import numpy as np
from av.video.frame import VideoFrame

from .plan import Cover

# A picture this much smaller, and large again, shows no more than where it is light and dark.
BLUR = 32


def upright(frame: VideoFrame) -> VideoFrame:
    """Turn a picture as a player would: the copy has no note of rotation."""
    quarter_turns = round(frame.rotation / 90) % 4
    if not quarter_turns:
        return frame
    pixels = frame.to_ndarray(format="rgb24").astype(np.uint8)
    turned = np.ascontiguousarray(np.rot90(pixels, quarter_turns))
    return VideoFrame.from_ndarray(turned, format="rgb24")


def covered(frame: VideoFrame, cover: Cover) -> VideoFrame:
    """Give a picture of the same size that shows nothing of this one, or hardly anything."""
    if cover is Cover.BLACK:
        black = np.zeros((frame.height, frame.width, 3), np.uint8)
        return VideoFrame.from_ndarray(black, format="rgb24")
    small = frame.reformat(
        max(2, frame.width // BLUR), max(2, frame.height // BLUR), interpolation="AREA"
    )
    # Enlarging, swscale's "area" goes evenly from one value to the next; "bilinear" leaves steps.
    return small.reformat(frame.width, frame.height, interpolation="AREA")
