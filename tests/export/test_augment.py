"""Augmentation: what is drawn, and what it does to a picture."""

import numpy as np
import pytest
from filmdex.export.augment import NOTHING, STUDY, Augmentation, turned
from hypothesis import given
from hypothesis import strategies as st


def slope() -> np.ndarray:
    """Make a picture that gets brighter to the right and downwards, unlike in each channel."""
    y, x = np.mgrid[0:40, 0:40]
    return np.stack([x * 6, y * 6, (x + y) * 3], axis=-1).astype(np.uint8)


def test_flips_are_mirrors() -> None:
    picture = slope()
    assert np.array_equal(turned(picture, 0, 1, across=True, down=False), picture[:, ::-1])
    assert np.array_equal(turned(picture, 0, 1, across=False, down=True), picture[::-1])


def test_a_quarter_turn_is_one() -> None:
    got = turned(slope(), 90.0, 1.0, across=False, down=False)
    assert np.abs(got.astype(int) - np.rot90(slope()).astype(int)).max() <= 1


def test_enlarging_keeps_the_middle_and_spreads_the_rest() -> None:
    got = turned(slope(), 0.0, 2.0, across=False, down=False)[:, :, 0].astype(int)
    # Twice as large, what was 10 from the middle is 20 from it.
    assert abs(got[20, 39] - slope()[20, 29, 0]) <= 4
    assert abs(got[20, 0] - slope()[20, 10, 0]) <= 4


@given(st.integers(0, 2**31), st.integers(1, 100), st.integers(0, 10_000))
def test_the_same_seed_epoch_and_row_give_the_same(seed: int, epoch: int, row: int) -> None:
    first, again = (STUDY.drawn(slope(), seed, epoch, row) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == slope().shape
    assert first.dtype == np.uint8


def test_it_does_what_it_is_asked_for_and_no_more() -> None:
    picture = slope()
    assert np.array_equal(NOTHING.drawn(picture, 1, 1, 1), picture)
    flips = Augmentation(0.0, 0.0, horizontal_flip=True, vertical_flip=False)
    seen = {flips.drawn(picture, 1, epoch, 0).tobytes() for epoch in range(40)}
    assert seen == {picture.tobytes(), np.ascontiguousarray(picture[:, ::-1]).tobytes()}
    all_of_them = {STUDY.drawn(picture, 1, epoch, 0).tobytes() for epoch in range(40)}
    assert len(all_of_them) == 40


@pytest.mark.parametrize(("rotation", "zoom"), [(-1, 0), (181, 0), (0, -0.1), (0, 1)])
def test_ranges_that_are_none_are_refused(rotation: float, zoom: float) -> None:
    with pytest.raises(ValueError, match="no such augmentation"):
        Augmentation(rotation, zoom, horizontal_flip=True, vertical_flip=True)
