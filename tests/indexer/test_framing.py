"""Framing: what is kept of a wide, a tall and an absurd picture."""

import numpy as np
import pytest
from filmdex.indexer.framing import LONGEST, scaled_size, views
from filmdex.indexer.framing_names import FramingName
from hypothesis import given
from hypothesis import strategies as st

SIDE = 30


def bands() -> np.ndarray:
    """A picture twice as wide as high: red, then two of green, then blue."""
    picture = np.zeros((SIDE, 2 * SIDE, 3), np.uint8)
    picture[:, : SIDE // 2, 0] = picture[:, SIDE // 2 : -SIDE // 2, 1] = 200
    picture[:, -SIDE // 2 :, 2] = 200
    return picture


def test_squash_keeps_all_and_centre_the_middle() -> None:
    squashed, centred, boxed = views(
        bands(), [FramingName.SQUASH, FramingName.CENTRE, FramingName.LETTERBOX], SIDE
    )
    assert squashed.mean(axis=(0, 1)) == pytest.approx([50, 100, 50], abs=2)
    assert centred.mean(axis=(0, 1)) == pytest.approx([0, 200, 0], abs=2)
    assert boxed.mean(axis=(0, 1)) == pytest.approx([25, 50, 25], abs=2)
    assert boxed[0].max() == boxed[-1].max() == 0


@given(st.integers(1, 8000), st.integers(1, 8000), st.floats(0.1, 10))
def test_no_shape_asks_for_more_than_four_squares(width: int, height: int, aspect: float) -> None:
    scaled = scaled_size(width, height, aspect, 299)
    assert min(scaled) == 299
    assert max(scaled) <= 299 * LONGEST


def test_an_anamorphic_picture_is_framed_as_it_is_shown() -> None:
    """A PAL DVD in 16:9: 720 x 576 with pixels of 64:45."""
    assert scaled_size(720, 576, 64 / 45, 299) == scaled_size(1920, 1080, 1.0, 299) == (532, 299)
