"""From embeddings to points in fewer dimensions, in which distances are nearly the same.

Of directions (embeddings of length 1) the mean is taken off, and what is left is seen along the
axes in which a library's shots differ most (principal components). The square of the distance of
two directions is twice what their cosine lacks to 1; a mean that is taken off both changes nothing.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Directions = npt.NDArray[np.float32]
Levels = npt.NDArray[np.int8]

# Chosen by tests/bench/near.py: docs/similar.md.
WIDTH = 128
_TOP = 127


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """`mean (D,)`, `axes (D, W)`, and the step of a level."""

    mean: Directions
    axes: Directions
    step: float

    def __post_init__(self) -> None:
        if self.axes.ndim != 2 or self.mean.shape != self.axes.shape[:1] or not self.step > 0:
            raise ValueError(f"no projection: {self.mean.shape}, {self.axes.shape}, {self.step}")

    @classmethod
    def fitted(cls, directions: Directions, most: int = WIDTH) -> Self:
        """Fit to a sample of directions, `(N, D)`; at most as many axes as they have values."""
        mean = directions.mean(axis=0)
        centred = directions - mean
        _, vectors = np.linalg.eigh(centred.T @ centred)  # by rising variance
        axes = np.ascontiguousarray(vectors[:, ::-1][:, :most], dtype=np.float32)
        reach = float(np.abs(centred @ axes).max(initial=0.0))
        return cls(mean.astype(np.float32), axes, (reach or 1.0) / _TOP)

    @property
    def width(self) -> int:
        """How many values a point has."""
        return int(self.axes.shape[1])

    def levels(self, directions: Directions) -> Levels:
        """Bring directions, `(N, D)`, to points, `(N, W) int8`."""
        along = (directions - self.mean) @ self.axes / np.float32(self.step)
        return np.clip(np.rint(along), -_TOP, _TOP).astype(np.int8)
