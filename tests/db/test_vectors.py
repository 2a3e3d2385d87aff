"""float16 vectors, as `struct` packs them on its own, and embeddings in eight bits."""

import math
import struct

import numpy as np
import pytest
from filmdex.db.vectors import compact, expanded, packed, unpacked, unpacked_all
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


@given(st.integers(0, 4), st.data())
def test_many_are_unpacked_as_each_is(width: int, data: st.DataObject) -> None:
    vector = st.none() | st.lists(HALVES, min_size=width, max_size=width)
    vectors = data.draw(st.lists(vector, max_size=5))
    found = unpacked_all([None if one is None else packed(one) for one in vectors], width)
    assert found.shape == (len(vectors), width)
    for one, row in zip(vectors, found.tolist(), strict=True):
        assert all(map(math.isnan, row)) if one is None else row == one


def test_a_vector_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of 2 values"):
        unpacked_all([packed([0.5, 1.0]), packed([0.5])], 2)


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


WIDTH = 7
ROWS = st.lists(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=5
)


@given(ROWS)
def test_an_embedding_comes_back_within_half_a_step(rows: list[list[float]]) -> None:
    given_rows = np.array(rows, np.float16).astype(np.float32)
    data = compact(given_rows)
    assert {len(one) for one in data} == {8 + WIDTH}
    for row, back in zip(given_rows.astype(float), expanded(data), strict=True):
        step = (max(row.max(), 0) - min(row.min(), 0)) / 255
        assert np.abs(row - back).max() <= step * 0.5001 + 1e-6


def test_an_embeddings_bytes_are_its_range_and_a_byte_a_value() -> None:
    (data,) = compact(np.array([[0.0, 51.0, 255.0, 102.25]], np.float32))
    assert data == struct.pack("<ff4B", 0.0, 1.0, 0, 51, 255, 102)
    (below,) = compact(np.array([[-255.0, 0.0, 255.0]], np.float32))
    assert below == struct.pack("<ff3B", -255.0, 2.0, 0, 128, 255)


def test_nothing_but_zeros_is_an_embedding_too() -> None:
    assert expanded(compact(np.zeros((2, 3), np.float32))).tolist() == [[0, 0, 0]] * 2
    assert expanded(compact(np.full((1, 2), -3.0, np.float32))).tolist() == [[-3, -3]]


@pytest.mark.parametrize("bad", [math.nan, math.inf, 70_000.0])
def test_what_is_not_finite_is_no_embedding(bad: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        compact(np.array([[0.5, bad]], np.float32))


@pytest.mark.parametrize("data", [[], [b"1234567"], [b"123456789", b"1234567890"]])
def test_bytes_that_are_no_embeddings_are_refused(data: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"widths|reshape|infer"):
        expanded(data)
