"""A shot's samples in a few bytes."""

import pytest
from filmdex.db.packed_shots import STATES, pack_samples, unpack_samples
from filmdex.db.records import Sample, ShotState
from hypothesis import given
from hypothesis import strategies as st

seen = st.sampled_from([state for state in STATES if state is not ShotState.NOT_LOOKED_AT])
HOURS_US = 24 * 3600 * 1_000_000


@given(st.integers(0, HOURS_US), st.lists(st.tuples(st.integers(0, HOURS_US), seen), max_size=5))
def test_samples_are_read_as_they_were_packed(
    start_us: int, found: list[tuple[int, ShotState]]
) -> None:
    samples = [Sample(start_us + at, state) for at, state in sorted(found)]
    assert list(unpack_samples(start_us, pack_samples(start_us, samples))) == samples


def test_the_middle_of_a_common_shot_takes_four_bytes() -> None:
    assert len(pack_samples(0, [Sample(2_400_000, ShotState.LOOKED_AT)])) == 4


def test_times_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        pack_samples(5, [Sample(4, ShotState.BLANK)])


def test_what_is_cut_off_is_refused() -> None:
    data = pack_samples(0, [Sample(2_400_000, ShotState.LOOKED_AT)])
    with pytest.raises(ValueError, match="cut off"):
        list(unpack_samples(0, data[:-1]))
