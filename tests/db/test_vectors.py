"""float16 vectors; `struct` packs IEEE 754 binary16 on its own."""

import math
import struct

import numpy as np
import pytest
from filmdex.db.vectors import packed, unpacked
from hypothesis import given
from hypothesis import strategies as st

HALVES = st.floats(width=16, allow_nan=False)


@given(st.lists(HALVES, max_size=50))
def test_what_is_unpacked_is_what_was_packed(vector: list[float]) -> None:
    data = packed(vector)
    assert data == struct.pack(f"<{len(vector)}e", *vector)
    back = unpacked(data)
    assert back == tuple(vector)
    assert [math.copysign(1, x) for x in back] == [math.copysign(1, x) for x in vector]


@given(st.lists(st.floats(0, 1, width=16), max_size=5), st.floats(0, 1, width=64))
def test_a_value_that_rounding_would_change_is_refused(good: list[float], p: float) -> None:
    exact = float(np.float16(p)) == p
    if exact:
        assert unpacked(packed([*good, p])) == (*good, p)
    else:
        with pytest.raises(ValueError, match="not exact in float16"):
            packed([*good, p])


@pytest.mark.parametrize("value", [math.nan, 65_536.0, -1e300, 1e-12, 0.1, 2049.0])
def test_what_float16_does_not_have_is_refused_without_a_warning(value: float) -> None:
    with pytest.raises(ValueError, match="not exact in float16"):
        packed([0.5, value])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_arrays_of_any_width_pack_alike(kind: type[np.floating]) -> None:
    assert packed(np.array([0.5, 0.25], kind)) == b"\x00\x38\x00\x34"


def test_bytes_that_are_no_vector_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        unpacked(b"\x00\x38\x00")
