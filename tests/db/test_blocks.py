"""What is kept of a tag: the shots that have it, in two bytes each or in four."""

import numpy as np
import pytest
from filmdex.db.tables import FLOOR
from filmdex.db.tag_shots import kept_from, packed_ordinals, unpacked
from filmdex.db.vectors import HALF
from hypothesis import given
from hypothesis import strategies as st

rows = st.lists(
    st.lists(st.integers(0, 2**16 + 9), min_size=1, unique=True).map(sorted), max_size=4
)


@given(rows)
def test_rows_are_read_as_they_were_packed(kept: list[list[int]]) -> None:
    values = [np.linspace(0, 1, len(row)).astype(HALF) for row in kept]
    packed = [
        (packed_ordinals(np.array(row, np.int64)), of_row.tobytes())
        for row, of_row in zip(kept, values, strict=True)
    ]
    sizes, ordinals, probabilities = unpacked(packed)
    assert sizes.tolist() == [len(row) for row in kept]
    assert ordinals.tolist() == [ordinal for row in kept for ordinal in row]
    assert probabilities.tolist() == [float(value) for row in values for value in row]


@pytest.mark.parametrize(("last", "size"), [(2**16 - 1, 2), (2**16, 4)])
def test_long_films_take_four_bytes(last: int, size: int) -> None:
    assert len(packed_ordinals(np.array([0, last]))) == 2 * size


def test_what_is_kept() -> None:
    assert kept_from([None, 0.5, FLOOR / 2]).tolist() == [np.inf, FLOOR, FLOOR / 2]
