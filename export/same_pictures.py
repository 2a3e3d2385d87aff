"""Which pictures are the same: by their bytes, and by a fingerprint that survives re-encoding."""

from collections import defaultdict

import cv2
import numpy as np
import numpy.typing as npt

from ..indexer.pixels_type import Pixels

Signs = npt.NDArray[np.int8]

# Of 64 bits. Up to 6 the pairs found are re-encodings of one picture; from 10 on they are not.
# What counts as the same picture is merged; what is only alike may not be on two sides of a split.
SAME_PICTURE_BITS = 2
ALIKE_BITS = 6
# Rows that are compared with all others at once: 25 MB for a hundred thousand pictures.
BLOCK = 64


def fingerprint(picture: Pixels) -> Signs:
    """Return 64 signs that survive re-encoding and scaling; all 0 if there is nothing to see.

    Which of the lowest 8 x 8 coefficients of the cosine transform of the picture at 32 x 32 are
    over their median (Zauner, "Implementation and Benchmarking of Perceptual Image Hash
    Functions", 2010). A picture of one colour is like no other: its coefficients are noise.
    """
    grey = cv2.resize(
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA
    )
    if grey.min() == grey.max():
        return np.zeros(64, np.int8)
    low = cv2.dct(grey.astype(np.float32))[:8, :8].ravel()
    return np.where(low > np.median(low), 1, -1).astype(np.int8)


def close_pairs(hashes: list[bytes], signs: Signs) -> npt.NDArray[np.int64]:
    """Return `(P, 3)`: two rows, the lower one first, and how many bits apart they are.

    signs: `(N, 64)`. Pairs of more than ALIKE_BITS are left out, and so are all but the first of
    rows with the same bytes.
    """
    first = {content: row for row, content in reversed(list(enumerate(hashes)))}
    rows = np.array(sorted(first.values()), np.int64)
    pairs = _close(signs[rows].astype(np.float32))
    pairs[:, :2] = rows[pairs[:, :2]]
    return pairs


def _close(spread: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    found = [np.zeros((0, 3), np.int64)]
    for start in range(0, len(spread), BLOCK):
        block = spread[start : start + BLOCK]
        bits = (64 - block @ spread[: start + len(block)].T) / 2  # (B, rows so far)
        higher, lower = np.nonzero(bits <= ALIKE_BITS)
        before = lower < higher + start
        higher, lower = higher[before], lower[before]
        found.append(np.stack([lower, higher + start, bits[higher, lower].astype(np.int64)], 1))
    return np.concatenate(found)


def groups_of_same(
    hashes: list[bytes], pairs: npt.NDArray[np.int64]
) -> tuple[tuple[int, ...], ...]:
    """Group rows with the same bytes or nearly the same fingerprint, in order of the first."""
    first: dict[bytes, int] = {}
    parent = [first.setdefault(content, row) for row, content in enumerate(hashes)]
    for low, high in pairs[pairs[:, 2] <= SAME_PICTURE_BITS, :2].tolist():
        one, other = sorted((_root(parent, low), _root(parent, high)))
        parent[other] = one
    groups = defaultdict(list)
    for row in range(len(parent)):
        groups[_root(parent, row)].append(row)
    return tuple(tuple(groups[key]) for key in sorted(groups))


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        row = parent[row] = parent[parent[row]]
    return row
