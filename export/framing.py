"""Ways to bring a wide picture to the network's square, all by averaging over areas.

The one that a model was trained with stands in its card; `labelled_films.py` compares them.
"""

from collections.abc import Callable

import cv2
import numpy as np

from ..indexer.pixels_type import Pixels

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


# By the names that a card uses.
FRAMINGS: dict[str, Framing] = {"squash": squash, "letterbox": letterbox, "centre": centre}
