"""Ways to bring a picture of any shape to the network's square, all by averaging over areas.

The one that a model was trained with stands in its card. Films are framed here in the decoding
child, training pictures by the export side: by the same functions.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from .framing_names import FramingName
from .pixels_type import Pixels

Framing = Callable[[Pixels, int], Pixels]


def squash(picture: Pixels, side: int) -> Pixels:
    """Scale `(H, W, 3) uint8` to `(side, side, 3)`: nothing is lost, proportions are."""
    whole = np.ascontiguousarray(picture)
    return cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)


def letterbox(picture: Pixels, side: int) -> Pixels:
    """Scale the longer side to `side` and centre the picture on black."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    scaled = cv2.resize(
        np.ascontiguousarray(picture), (inner[1], inner[0]), interpolation=cv2.INTER_AREA
    )
    top, left = (side - inner[0]) // 2, (side - inner[1]) // 2
    framed = np.zeros((side, side, 3), np.uint8)
    framed[top : top + inner[0], left : left + inner[1]] = scaled
    return framed


def centre(picture: Pixels, side: int) -> Pixels:
    """Cut the largest square from the middle and scale it."""
    return _square(picture, side, 0.5)


def first_crop(picture: Pixels, side: int) -> Pixels:
    """Cut the largest square from the left (or the top) and scale it."""
    return _square(picture, side, 0.0)


def last_crop(picture: Pixels, side: int) -> Pixels:
    """Cut the largest square from the right (or the bottom) and scale it."""
    return _square(picture, side, 1.0)


def _square(picture: Pixels, side: int, where: float) -> Pixels:
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = int((height - edge) * where), int((width - edge) * where)
    return squash(picture[top : top + edge, left : left + edge], side)


FRAMINGS: dict[FramingName, Framing] = {
    FramingName.SQUASH: squash,
    FramingName.LETTERBOX: letterbox,
    FramingName.CENTRE: centre,
}

# A picture longer than this is squashed along its length, so that no file can ask for more memory.
LONGEST = 4


def scaled_size(width: int, height: int, pixel_aspect: float, side: int) -> tuple[int, int]:
    """Return the size at which a frame is scaled before it is framed: its shorter side is `side`.

    `width` and `height` are as shown, `pixel_aspect` is a pixel's width by its height.
    """
    aspect = min(max(width * pixel_aspect / height, 1 / LONGEST), LONGEST)
    return (round(side * aspect), side) if aspect >= 1 else (side, round(side / aspect))


def views(picture: Pixels, framings: Sequence[FramingName], side: int) -> Pixels:
    """Frame one picture in several ways: `(V, side, side, 3) uint8`."""
    return np.stack([FRAMINGS[name](picture, side) for name in framings])
