"""The measure's arithmetic, against NumPy's own sorting and deviation."""

import numpy as np
import pytest
from filmdex.indexer.cuts_measure import LEVELS, colour_levels, measured
from hypothesis import given, settings
from hypothesis import strategies as st
from made_thumbnails import HEIGHT, WIDTH, picture


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 17, 256]))
def test_levels_are_the_means_of_the_sorted_values_in_groups(seed: int, values: int) -> None:
    rng = np.random.default_rng(seed)
    thumbnail = rng.integers(0, values, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    ordered = np.sort(thumbnail.reshape(-1, 3).astype(float), axis=0)
    expected = ordered.reshape(LEVELS, -1, 3).mean(axis=1).ravel()
    assert colour_levels(thumbnail) == pytest.approx(expected, abs=1e-3)


def test_contrast_is_the_deviation_of_the_levels() -> None:
    frame = measured(0, 0, picture(3).astype(np.uint8), None)
    deviation = frame.colours.reshape(LEVELS, 3).std(axis=0).mean()
    assert frame.contrast == pytest.approx(float(deviation), rel=1e-4)
    assert frame.change == 0.0
