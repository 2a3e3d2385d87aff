"""Probability vectors and embeddings as bytes: float16, little-endian (IEEE 754 binary16)."""

import numpy as np
import numpy.typing as npt

HALF = np.dtype("<f2")


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


def unpacked(data: bytes) -> tuple[float, ...]:
    """Unpack what `packed` packed."""
    return tuple(np.frombuffer(data, dtype=HALF).astype(np.float64).tolist())
