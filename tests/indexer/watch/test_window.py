"""Stretches of the day."""

import pytest
from filmdex.indexer.watch.window import DAY_MINUTES, Windows
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "open_", "shut"),
    [
        ("22:00-06:00", [22 * 60, 0, 5 * 60 + 59], [6 * 60, 12 * 60, 21 * 60 + 59]),
        ("09:30-17:00", [9 * 60 + 30, 16 * 60 + 59], [9 * 60 + 29, 17 * 60]),
        ("1:00-2:00, 3:00-4:00", [60, 180], [120, 0]),
        ("20:00-24:00", [DAY_MINUTES - 1], [0]),
        ("", [0, 720], []),
    ],
)
def test_work_is_allowed_inside_and_not_outside(
    text: str, open_: list[int], shut: list[int]
) -> None:
    windows = Windows.parse(text)
    assert [windows.open_at(minute) for minute in (*open_, *shut)] == [True] * len(open_) + [
        False
    ] * len(shut)


@pytest.mark.parametrize(
    "text",
    ["noon", "22-06", "25:00-06:00", "22:00-22:00", "24:00-06:00", "22:00-06:00;", "24:30-1:00"],
)
def test_what_is_no_stretch_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="stretch of the day"):
        Windows.parse(text)


@given(st.integers(0, DAY_MINUTES - 1), st.integers(0, DAY_MINUTES - 1))
def test_a_stretch_and_its_complement_make_the_day(start: int, end: int) -> None:
    if start == end:
        return
    there, back = Windows(((start, end),)), Windows(((end, start),))
    for minute in range(DAY_MINUTES):
        assert there.open_at(minute) != back.open_at(minute)
