"""What a model said of pictures, beside what they show: the input of everything in this folder."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...db.errors import ModelError

Column = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class OneTag:
    """One tag on the pictures where its label is settled.

    rows, probabilities, shown, clusters: `(n,)`; `rows` and `clusters` number the pictures and the
    sources of the `Judged` that this is a part of.
    """

    rows: Rows
    probabilities: Column
    shown: Flags
    clusters: Rows

    @property
    def positives(self) -> int:
        """How many pictures show the tag."""
        return int(self.shown.sum())

    @property
    def sources_with(self) -> int:
        """How many sources have a picture that shows the tag."""
        return len(np.unique(self.clusters[self.shown]))


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Probabilities of N pictures and T tags, each from a model that never saw the picture.

    labels: `(N, T)` of 0 and 1, meaningless where not `settled` `(N, T)`; probabilities: `(N, T)`
    as they are stored; sources, names: where each picture is from and what it is called.
    Raises ModelError if these do not belong together.
    """

    tags: tuple[str, ...]
    labels: npt.NDArray[np.float32]
    settled: Flags
    probabilities: Column
    sources: tuple[str, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.tags))
        for what in ("labels", "settled", "probabilities"):
            if (got := getattr(self, what).shape) != shape:
                raise ModelError(f"{what}: shape {got}, expected {shape} (pictures, tags)")
        if not self.names or len(self.sources) != len(self.names):
            raise ModelError(f"{len(self.names)} pictures of {len(self.sources)} sources named")
        if len(set(self.tags)) != len(self.tags):
            raise ModelError("a tag stands twice")
        if not np.isin(self.labels[self.settled], (0, 1)).all():
            raise ModelError("settled labels are not all 0 or 1")
        if not ((self.probabilities >= 0) & (self.probabilities <= 1)).all():
            raise ModelError("probabilities are not all from 0 to 1; calibrate logits first")

    @property
    def clusters(self) -> Rows:
        """The number of each picture's source, `(N,)`, counting from 0 in sorted order."""
        return np.unique(self.sources, return_inverse=True)[1].astype(np.intp)

    def one(self, tag: int) -> OneTag:
        """Return one tag by its column, without the pictures that say nothing of it."""
        rows = np.flatnonzero(self.settled[:, tag])
        return OneTag(
            rows=rows,
            probabilities=self.probabilities[rows, tag].astype(np.float64),
            shown=self.labels[rows, tag] > 0,
            clusters=self.clusters[rows],
        )
