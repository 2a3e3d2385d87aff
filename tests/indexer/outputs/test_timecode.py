"""Timecode against an independent reader, and against counting one frame after the other."""

from fractions import Fraction

import opentimelineio as otio
import pytest
from filmdex.db.records import Span
from filmdex.indexer.outputs.timecode import STANDARD, Timecode, constant_rate, frames_of
from hypothesis import given
from hypothesis import strategies as st

NTSC, NTSC_60 = Fraction(30_000, 1001), Fraction(60_000, 1001)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (107892, "01:00:00;00"),
    ],
)
def test_drop_frame_numbers_are_those_of_the_standard(frame: int, text: str) -> None:
    assert Timecode(NTSC).write(frame) == text
    assert Timecode(NTSC).read(text) == frame


@pytest.mark.parametrize("rate", [NTSC, NTSC_60])
def test_drop_frame_is_counting_and_leaving_numbers_out(rate: Fraction) -> None:
    code = Timecode(rate)
    drop = 2 if rate == NTSC else 4
    frame = 0
    for minute in range(25):
        for second in range(60):
            for number in range(code.base):
                if second == 0 and number < drop and minute % 10:
                    continue
                if second in (0, 1, 59):
                    assert code.write(frame) == f"00:{minute:02}:{second:02};{number:02}"
                frame += 1


@given(st.sampled_from(STANDARD), st.integers(0, 24 * 3600 * 23))
def test_timecode_is_that_of_opentimelineio_and_is_read_back(rate: Fraction, frame: int) -> None:
    code = Timecode(rate)
    assert code.read(code.write(frame)) == frame
    if rate not in (Fraction(48), Fraction(48_000, 1001)):  # it does not know these
        theirs = otio.opentime.RationalTime(frame, float(rate))
        assert code.write(frame) == theirs.to_timecode(float(rate), code.drops)


@pytest.mark.parametrize("text", ["00:01:00;00", "00:00:00:30", "1:0:0:0", "00:60:00:00", "x"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"timecode"):
        Timecode(NTSC).read(text)


@given(
    st.sampled_from(STANDARD),
    st.integers(0, 200_000),
    st.integers(1, 500),
    st.sampled_from([1, 1000]),
)
def test_a_spans_frames_are_found_whatever_its_times_were_rounded_to(
    rate: Fraction, first: int, length: int, grain_us: int
) -> None:
    def time_us(frame: int) -> int:
        return round(frame * 1_000_000 / rate / grain_us) * grain_us

    span = Span(time_us(first), time_us(first + length))
    assert frames_of(span, rate) == (first, first + length)
    half = round(1_000_000 / rate / 2)
    padded = Span(span.start_us + half, span.end_us + half)
    assert frames_of(padded, rate) == (first, first + length + 1)


def test_a_constant_rate_is_told_from_a_variable_one() -> None:
    rate = Fraction(24_000, 1001)
    even = [round(n * 1000 / rate) * 1000 for n in (0, 7, 100, 5000, 172_000)]
    assert constant_rate(23.976024, even) == rate
    assert constant_rate(25.0, [0, 40_000, 123_440_000]) == 25
    assert constant_rate(25.0, [0, 40_000, 123_450_000]) is None
    assert constant_rate(24.0, even) is None
    assert constant_rate(12.5, [0]) is None
