"""Pictures turned, enlarged and mirrored while training, and never in the graph that ships.

As in the glaucoma study (Diaz-Pinto et al., BioMedical Engineering OnLine 2019): random rotation,
zoom, horizontal and vertical flips. What a picture becomes depends on the seed, the epoch and the
picture's row, on nothing that happened before: a training that goes on sees what it would have
seen.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..indexer.pixels_type import Pixels


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The ranges that are drawn from, evenly; all of it goes into the card.

    `rotation_degrees` to either side; `zoom` is the largest enlargement and diminution, as a share.
    """

    rotation_degrees: float
    zoom: float
    horizontal_flip: bool
    vertical_flip: bool

    def __post_init__(self) -> None:
        if not (0 <= self.rotation_degrees <= 180 and 0 <= self.zoom < 1):
            raise ValueError(f"no such augmentation: {self}")

    def drawn(self, picture: Pixels, seed: int, epoch: int, row: int) -> Pixels:
        """Return what `(side, side, 3) uint8` becomes in an epoch."""
        rng = np.random.default_rng((seed, epoch, row))
        angle = rng.uniform(-self.rotation_degrees, self.rotation_degrees)
        scale = 1.0 + rng.uniform(-self.zoom, self.zoom)
        across, down = rng.random(2) < 0.5
        return turned(
            picture,
            angle,
            scale,
            across=bool(across) and self.horizontal_flip,
            down=bool(down) and self.vertical_flip,
        )


NOTHING = Augmentation(0.0, 0.0, horizontal_flip=False, vertical_flip=False)
# How far is a choice made here, not taken from the study: a frame is seldom tilted by more.
STUDY = Augmentation(15.0, 0.2, horizontal_flip=True, vertical_flip=True)


def turned(picture: Pixels, angle: float, scale: float, *, across: bool, down: bool) -> Pixels:
    """Turn a picture by `angle` degrees about its middle, enlarge it, and mirror it.

    What comes in from outside is the picture mirrored at its edge.
    """
    height, width = picture.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    result = picture
    if angle or scale != 1.0:
        matrix = cv2.getRotationMatrix2D(middle, angle, scale)
        result = cv2.warpAffine(
            np.ascontiguousarray(picture),
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ).astype(np.uint8)
    if across:
        result = result[:, ::-1]
    if down:
        result = result[::-1]
    return np.ascontiguousarray(result)
