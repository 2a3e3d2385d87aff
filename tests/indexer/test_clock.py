"""Time: from native timestamps to microseconds from the first frame, ever rising."""

from fractions import Fraction

from filmdex.indexer.clock import JUMP_US, BestTimestamps, Clock
from hypothesis import given
from hypothesis import strategies as st

MILLI = Fraction(1, 1000)


def test_the_first_frame_is_at_zero_whatever_its_timestamp() -> None:
    clock = Clock.at_rate(Fraction(25))
    assert [clock.time_us(pts, MILLI) for pts in (5000, 5040, 5080)] == [0, 40_000, 80_000]
    assert clock.first_us == 5_000_000


def test_odd_time_bases_round_to_the_nearest_microsecond() -> None:
    clock = Clock.at_rate(Fraction(30000, 1001))
    times = [clock.time_us(n * 1001, Fraction(1, 30000)) for n in range(4)]
    assert times == [0, 33_367, 66_733, 100_100]


def test_frames_without_a_timestamp_follow_at_the_frame_rate() -> None:
    clock = Clock.at_rate(Fraction(50))
    assert [clock.time_us(None, MILLI) for _ in range(3)] == [0, 20_000, 40_000]


def test_a_frame_that_is_not_later_has_no_place() -> None:
    clock = Clock.at_rate(Fraction(25))
    assert [clock.time_us(pts, MILLI) for pts in (0, 40, 40, 20, 80)] == [
        0,
        40_000,
        None,
        None,
        80_000,
    ]


def test_time_goes_on_after_a_clock_that_began_again() -> None:
    clock = Clock.at_rate(Fraction(25))
    times = [clock.time_us(pts, MILLI) for pts in (60_000, 60_040, 0, 40)]
    assert times == [0, 40_000, 80_000, 120_000]


@given(st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40)), max_size=60))
def test_time_rises_whatever_comes(timestamps: list[int | None]) -> None:
    clock = Clock.at_rate(Fraction(25))
    placed = [clock.time_us(one, MILLI) for one in timestamps]
    times = [time_us for time_us in placed if time_us is not None]
    assert times == sorted(set(times))
    if timestamps:
        assert placed[0] == 0


@given(st.integers(1, JUMP_US - 1))
def test_only_a_jump_back_of_a_second_restarts_the_clock(back_us: int) -> None:
    clock = Clock.at_rate(Fraction(25))
    micro = Fraction(1, 1_000_000)
    assert clock.time_us(0, micro) == 0
    assert clock.time_us(5 * JUMP_US, micro) == 5 * JUMP_US
    assert clock.time_us(5 * JUMP_US - back_us, micro) is None


def test_presentation_times_that_go_back_and_forth_give_way_to_decoding_times() -> None:
    best = BestTimestamps()
    pairs = [(1, 1), (3, 2), (2, 3), (4, 4), (6, 5), (5, 6)]
    assert [best.choose(pts, dts) for pts, dts in pairs] == [1, 3, 3, 4, 5, 6]


def test_good_presentation_times_are_kept() -> None:
    best = BestTimestamps()
    assert [best.choose(pts, dts) for pts, dts in [(1, 0), (2, 0), (3, None)]] == [1, 2, 3]
    assert best.choose(None, 9) == 9
    assert best.choose(None, None) is None
