"""A graph over points in which the nearest are found by walking. The only file that knows usearch.

Hierarchical navigable small worlds (Malkov and Yashunin, IEEE TPAMI 42, 2020). Points are int8
`(N, W)`, compared by the square of their distance; a point is known by its place, from 0.
"""

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

# ONNX Runtime (1.32) crashes the process if it is loaded after usearch (2.26): so it goes first,
# where it is at all.
with suppress(ImportError):
    from .. import sessions as sessions

# isort: split
from usearch.index import Index

from .projection import Levels

# Links a point has, and how widely is looked for them: chosen by tests/bench/near.py.
LINKS = 16
LOOKED_AT_TO_ADD = 128


class Graph:
    """A graph in memory, or one that is read where a file is mapped."""

    def __init__(self, index: Index, file: mmap.mmap | None = None) -> None:
        self._index = index
        # usearch keeps the address of what is mapped, and not the mapping.
        self._file = file

    @classmethod
    def empty(cls, width: int) -> Self:
        """Begin a graph."""
        return cls(
            Index(
                ndim=width,
                metric="l2sq",
                dtype="i8",
                connectivity=LINKS,
                expansion_add=LOOKED_AT_TO_ADD,
                enable_key_lookups=False,
            )
        )

    @classmethod
    def mapped(cls, file: mmap.mmap, width: int, points: int) -> Self:
        """Read a graph where it lies: bytes that are known to be as they were written.

        Whoever walks through damaged bytes may walk anywhere. Raises ValueError if it is another's.
        """
        return cls(_checked(Index.restore(memoryview(file), view=True), width, points), file)

    @classmethod
    def loaded(cls, path: Path, width: int, points: int) -> Self:
        """Read a graph into memory, to add to it. Raises ValueError as `mapped` does."""
        return cls(_checked(Index.restore(os.fspath(path), view=False), width, points))

    def __len__(self) -> int:
        return len(self._index)

    def add(self, levels: Levels, threads: int) -> None:
        """Add points, `(N, W) int8`; they take the places after those that are there."""
        places = np.arange(len(self), len(self) + len(levels), dtype=np.uint64)
        self._index.add(places, levels, threads=threads)

    def nearest(
        self, asked: Levels, most: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the places of about the `most` nearest points, and how far they are, squared."""
        found = self._index.search(asked, most, threads=1)
        return found.keys.astype(np.int64), found.distances.astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the graph to a file. Raises OSError."""
        self._index.save(os.fspath(path))


def _checked(index: Index | None, width: int, points: int) -> Index:
    if index is None or (index.ndim, len(index)) != (width, points):
        raise ValueError(f"no graph of {points} points in {width} dimensions")
    return index
