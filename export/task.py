"""What is to be learnt: a data set's pictures and, for each tag asked for, what they show of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from .datasets import DataSet
from .vocabulary import Tag, Vocabulary

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """N pictures and T tags. labels, settled: `(N, T)`; groups: what stays together in a split."""

    tags: tuple[Tag, ...]
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    labels: Floats
    settled: Flags
    groups: tuple[str, ...]

    @classmethod
    def of(cls, data: DataSet, vocabulary: Vocabulary, only: str | None = None) -> Self:
        """Take all tags of the vocabulary, or `only` one.

        Raises ModelError if that one is unknown, or if no picture shows it, or all do.
        """
        pictures, width = data.pictures, len(vocabulary.tags)
        columns = list(range(width)) if only is None else [vocabulary.find(only)]
        labels = pictures.labels(width)[:, columns]
        if only is not None and (not labels.any() or labels.all()):
            shown = "every picture shows" if labels.all() else "no picture shows"
            raise ModelError(f"{data.root}: {shown} {only}; there is nothing to tell apart")
        return cls(
            tags=tuple(vocabulary.tags[column] for column in columns),
            paths=tuple(picture.path for picture in pictures.pictures),
            names=data.names,
            labels=labels,
            settled=pictures.settled(width)[:, columns],
            groups=pictures.groups,
        )

    def pictures_of(self, column: int) -> int:
        """Return how many pictures show a tag."""
        return int((self.labels[:, column] * self.settled[:, column]).sum())

    def groups_of(self, rows: Rows) -> tuple[str, ...]:
        """Return the groups of some pictures."""
        return tuple(self.groups[row] for row in rows.tolist())
