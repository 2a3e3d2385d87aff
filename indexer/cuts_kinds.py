"""What kind of gradual transition a stretch of thumbnails shows.

A fade passes through one colour. In a dissolve every pixel is mixed; in a wipe each is of the old
shot or of the new.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..db.records import TransitionKind
from .pixels_type import Pixels

# Standard deviation of a thumbnail's values, 0 to 255, under which it is one colour.
UNIFORM = 6.0
# Of what a dissolve would show in mixed pixels: half way between all and none.
MIXED = 0.5
# A pixel of which old and new shot differ by less says nothing, 0 to 255.
TELLING = 24.0


def kind_of(thumbnails: Sequence[Pixels]) -> TransitionKind:
    """Name the transition from the last frame of the old shot to the first of the new.

    thumbnails: `(H, W, 3) uint8` each, two at least.
    """
    stack = np.stack(thumbnails).astype(np.float32)  # (N, H, W, 3)
    if stack.std(axis=(1, 2)).max(axis=1).min() < UNIFORM:
        return TransitionKind.FADE
    return TransitionKind.DISSOLVE if _mixed_share(stack) >= MIXED else TransitionKind.WIPE


def _mixed_share(stack: npt.NDArray[np.float32]) -> float:
    """Return how mixed pixels are, of what they would be if all were mixed alike: 0 to 1.

    A pixel with the share `a` of the new shot counts `4 a (1 - a)`: 0 if it is of one shot alone.
    """
    old, new = stack[0], stack[-1]
    way = new - old
    telling = np.abs(way).sum(axis=2) >= TELLING
    if not telling.any():
        return 1.0
    length = (way * way).sum(axis=2)[telling]
    gone = ((stack - old) * way).sum(axis=3)[:, telling] / length  # (N, P)
    share = np.clip(gone, 0.0, 1.0)
    mean = share.mean(axis=1)
    alike = (4 * mean * (1 - mean)).sum()
    return float((4 * share * (1 - share)).mean(axis=1).sum() / max(alike, 1e-6))
