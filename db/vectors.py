"""Probability vectors and embeddings as bytes.

Probabilities are float16 (IEEE 754 binary16), little-endian. An embedding is eight bits a value in
a range of its own: two float32, the lowest value (0 if none is under it) and the step, then a byte
for each value. That is half the room of float16, and costs the default model's mean average
precision less than 0.002 (`tests/bench/compact_embeddings.py`).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

HALF = np.dtype("<f2")
_RANGE = np.dtype("<f4")
_HEADER = 2 * _RANGE.itemsize
_LEVELS = 255


def packed(vector: npt.ArrayLike) -> bytes:
    """Pack numbers that are exact in float16 already.

    Raises ValueError where rounding would change one: what is stored must be what was decided on.
    """
    exact = np.asarray(vector, dtype=np.float64)
    with np.errstate(over="ignore"):  # what overflows is refused below
        half = exact.astype(HALF)
    if not np.array_equal(half.astype(np.float64), exact):
        raise ValueError("not exact in float16; round before deciding, not while storing")
    return half.tobytes()


def packed_all(vectors: npt.NDArray[np.float64]) -> list[bytes]:
    """Pack each row of `(N, T)`, as `packed` does. Raises ValueError as it does."""
    together, width = packed(vectors), vectors.shape[1] * HALF.itemsize
    return [together[n * width : (n + 1) * width] for n in range(len(vectors))]


def unpacked(data: bytes) -> tuple[float, ...]:
    """Unpack what `packed` packed."""
    return tuple(np.frombuffer(data, dtype=HALF).astype(np.float64).tolist())


def unpacked_all(data: Sequence[bytes | None], width: int) -> npt.NDArray[np.float64]:
    """Unpack vectors of `width` values, `(N, width)`; NaN where there is none.

    Raises ValueError if one is of another width.
    """
    nothing = np.full(width, np.nan, HALF).tobytes()
    rows = [nothing if one is None else one for one in data]
    if any(len(one) != len(nothing) for one in rows):
        raise ValueError(f"a vector is not one of {width} values")
    return np.frombuffer(b"".join(rows), HALF).astype(np.float64).reshape(len(rows), width)


def bits_from(number: float, *, beyond: bool = False) -> int:
    """Return the bits of the smallest float16 that is at or over a number, or only over it.

    As whole numbers the bits of what is not negative stand in its order, and are compared in a
    fraction of the time.
    """
    half = HALF.type(max(0.0, number))  # of -0.0 and 0.0 the first, whose bits are none
    bits = int(half.view(np.uint16))
    exact = float(half)
    return bits + 1 if exact < number or (beyond and exact == number) else bits


def compact(embeddings: npt.NDArray[np.float32]) -> list[bytes]:
    """Return `(N, D)` embeddings as bytes, one each.

    Rounded to float16 first: what a batch or a processor changes in the last bits does not show.
    Raises ValueError if a value is not finite in float16.
    """
    with np.errstate(over="ignore"):  # what overflows is refused below
        embeddings = embeddings.astype(HALF).astype(np.float32)
    if not np.isfinite(embeddings).all():
        raise ValueError("an embedding is not finite")
    lowest = np.minimum(embeddings.min(axis=1, keepdims=True, initial=0), 0).astype(_RANGE)
    highest = embeddings.max(axis=1, keepdims=True, initial=0)
    step = ((highest - lowest) / _LEVELS).astype(_RANGE)
    levels = np.rint((embeddings - lowest) / np.where(step > 0, step, 1))
    values = np.clip(levels, 0, _LEVELS).astype(np.uint8)
    ranges = np.concatenate([lowest, step], axis=1)
    return [of.tobytes() + value.tobytes() for of, value in zip(ranges, values, strict=True)]


def expanded(data: Sequence[bytes]) -> npt.NDArray[np.float32]:
    """Return embeddings of one width that `compact` made: `(N, D)`, within half a step of theirs.

    Raises ValueError if they are not of one width.
    """
    table = np.frombuffer(b"".join(data), np.uint8).reshape(len(data), -1)
    if any(len(one) != table.shape[1] for one in data) or table.shape[1] < _HEADER:
        raise ValueError("embeddings of several widths, or none at all")
    return expanded_table(table)


def expanded_table(table: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return `(N, D)` embeddings from their bytes, a row each."""
    ranges = np.ascontiguousarray(table[:, :_HEADER]).view(_RANGE)
    result: npt.NDArray[np.float32] = np.multiply(table[:, _HEADER:], ranges[:, 1:])
    result += ranges[:, :1]
    return result
