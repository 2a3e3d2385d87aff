"""Lengths of time as people write them."""

import pytest
from filmdex.db.times import MAX_TIME_US, read_time_us, spelled_time
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("27", 27),
        ("750s", 750),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("1:30", 90),
        ("12:30.5", 750.5),
        ("12:30.5s", 750.5),
        ("120:00", 7200),
        ("00:12:30", 750),
        ("1:00:00.25", 3600.25),
    ],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert read_time_us(text) == seconds * 1e6


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "-1", "1:5", "1:60", "1:60:00", "1e3", "0.0000001"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|up to 59|finer than"):
        read_time_us(text)


@given(st.integers(0, MAX_TIME_US))
def test_a_time_is_read_as_it_is_spelled(time_us: int) -> None:
    assert read_time_us(spelled_time(time_us)) == time_us
