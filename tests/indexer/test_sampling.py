"""Which frames are looked at."""

import itertools

import pytest
from filmdex.db.records import ShotState
from filmdex.indexer.sampling import (
    CAPACITY,
    Candidate,
    Gate,
    Reservoir,
    choose,
    middles_us,
    shot_state,
)
from hypothesis import given
from hypothesis import strategies as st

LONG_US = 10_000_000
CLEAR: Gate[int] = Gate(entropy_bits=lambda _: 7.0, is_uniform=lambda _: False, floor_bits=4.0)


@given(st.integers(1, 20_000))
def test_the_reservoir_is_bounded_and_even(frames: int) -> None:
    reservoir: Reservoir[int] = Reservoir()
    made: list[int] = []
    for n in range(frames):
        reservoir.offer(n, lambda n=n: made.append(n) or n)
    times = [candidate.time_us for candidate in reservoir.kept]
    gaps = {b - a for a, b in itertools.pairwise(times)}
    assert len(times) <= CAPACITY
    assert times[0] == 0
    assert len(gaps) <= 1
    assert frames <= CAPACITY or len(times) >= CAPACITY // 2


@given(st.integers(1, 3000))
def test_a_shot_is_looked_at_within_five_percent_of_its_middle(frames: int) -> None:
    reservoir: Reservoir[int] = Reservoir()
    for n in range(frames):
        reservoir.offer(n * 40_000, lambda n=n: n)
    end_us = frames * 40_000
    picks = choose(reservoir.empty(), (0, end_us), LONG_US, CLEAR)
    nearest = min(abs(pick.time_us - end_us / 2) for pick in picks)
    assert nearest <= max(0.05 * end_us, 40_000 / 2)


@pytest.mark.parametrize(("unmade", "most"), [(0, 150), (8, 120), (CAPACITY, 0)])
def test_pictures_are_only_made_if_they_are_kept_and_not_before_they_must(
    unmade: int, most: int
) -> None:
    reservoir: Reservoir[int] = Reservoir(unmade=unmade)
    made: list[int] = []
    for n in range(1000):
        reservoir.offer(n, lambda n=n: made.append(n) or n)
        assert sum(not candidate.is_made for candidate in reservoir.kept) <= unmade
    assert (len(made) > 0) == (most > 0)
    assert len(made) <= most
    before = len(made)
    kept = reservoir.empty()
    assert [candidate.picture for candidate in kept] == [c.picture for c in kept]
    assert len(made) == before + min(unmade, len(kept))
    assert len(set(made)) == len(made)


def test_a_capacity_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(ValueError, match="must be even"):
        Reservoir(capacity=7)


@pytest.mark.parametrize(
    ("seconds", "looks"), [(0.04, 1), (10.0, 1), (10.1, 3), (30.0, 3), (31.0, 5), (60.0, 7)]
)
def test_a_long_shot_is_looked_at_more_often_and_always_in_the_middle(
    seconds: float, looks: int
) -> None:
    end_us = round(seconds * 1_000_000)
    middles = middles_us(0, end_us, LONG_US)
    assert len(middles) == looks
    assert middles[len(middles) // 2] == end_us // 2
    assert end_us / looks <= LONG_US


def gate(bits: dict[int, float]) -> Gate[int]:
    return Gate(entropy_bits=lambda n: bits[n], is_uniform=lambda n: bits[n] == 0.0, floor_bits=4.0)


def candidates(count: int) -> list[Candidate[int]]:
    return [Candidate(n * 1_000_000, lambda n=n: n) for n in range(count)]


def test_a_poor_middle_gives_way_to_the_most_informative_frame() -> None:
    (pick,) = choose(
        candidates(5), (0, 5_000_000), LONG_US, gate({0: 1.0, 1: 3.0, 2: 2.0, 3: 3.5, 4: 1.0})
    )
    assert (pick.picture, pick.state) == (3, ShotState.LOW_INFORMATION)


def test_a_shot_of_one_colour_is_blank() -> None:
    (pick,) = choose(candidates(5), (0, 5_000_000), LONG_US, gate(dict.fromkeys(range(5), 0.0)))
    assert (pick.picture, pick.state) == (2, ShotState.BLANK)


def test_no_frame_is_chosen_twice() -> None:
    picks = choose(candidates(2), (0, 60_000_000), LONG_US, CLEAR)
    assert [pick.picture for pick in picks] == [1]


def test_a_shot_is_as_well_seen_as_its_best_sample() -> None:
    seen, low, blank = ShotState.LOOKED_AT, ShotState.LOW_INFORMATION, ShotState.BLANK
    assert shot_state([blank, seen, low]) is seen
    assert shot_state([blank, low]) is low
    assert shot_state([blank]) is blank
    assert shot_state([]) is ShotState.NOT_LOOKED_AT
