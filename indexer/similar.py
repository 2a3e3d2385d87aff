"""The shots of a library that look most like one, by the angle between their embeddings."""

import heapq
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from ..db.vectors import expanded

Direction = npt.NDArray[np.float32]


def direction(stored: bytes) -> Direction:
    """Return a stored embedding's direction, `(D,)`."""
    vector = expanded([stored])[0]
    result: Direction = vector / np.float32(max(float(np.linalg.norm(vector)), 1e-12))
    return result


def nearest(
    library: Iterable[tuple[list[int], list[bytes]]], asked: Direction, most: int
) -> list[tuple[int, float]]:
    """Return the ids of the `most` nearest shots and their cosines, nearest first.

    library: shots' ids and embeddings, of which a shot may have several; the nearest counts. Every
    one is compared: exact, in memory that does not grow with the library.
    """
    best: dict[int, float] = {}
    for shot_id, cosine in _cosines(library, asked):
        if cosine > best.get(shot_id, -2.0):
            best[shot_id] = cosine
        if len(best) > 4 * most + 1000:
            best = dict(heapq.nlargest(most, best.items(), key=lambda pair: pair[1]))
    return heapq.nlargest(most, best.items(), key=lambda pair: (pair[1], -pair[0]))


def _cosines(
    library: Iterable[tuple[list[int], list[bytes]]], asked: Direction
) -> Iterator[tuple[int, float]]:
    for ids, stored in library:
        vectors = expanded(stored)
        lengths = np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
        yield from zip(ids, (vectors @ asked / lengths).tolist(), strict=True)
