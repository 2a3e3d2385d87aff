"""Sequences of shots made around known means."""

from itertools import pairwise

import numpy as np
import pytest
from filmdex.indexer.sequences import FEWEST_SHOTS, MOST_SHOTS, begins, directions
from hypothesis import given
from hypothesis import strategies as st

WIDTH = 1024


def made(lengths: list[int], seed: int, spread: float = 0.6) -> np.ndarray:
    """Shots around a mean of their own for each sequence."""
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((len(lengths), WIDTH))
    shots = np.repeat(means, lengths, axis=0)
    shots = shots + spread * rng.standard_normal(shots.shape)
    return directions([shot[None].astype(np.float32) for shot in shots])


@pytest.mark.parametrize("seed", range(8))
def test_sequences_are_found_where_they_were_made(seed: int) -> None:
    lengths = [5, 9, 14, 6, 20, 7]
    expected = [0, *np.cumsum(lengths)[:-1].tolist()]
    assert begins(made(lengths, seed)) == expected


def test_a_film_of_one_place_is_one_sequence() -> None:
    assert begins(made([40], 1)) == [0]


def test_what_was_not_seen_goes_with_what_is_before() -> None:
    shots = made([6, 8], 2)
    shots[[0, 6, 9]] = 0
    assert begins(shots) == [0, 7]


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [0]), (2, [0])])
def test_few_shots(count: int, expected: list[int]) -> None:
    assert begins(made([count], 3)) == expected
    assert begins(np.zeros((count, WIDTH), np.float32)) == expected


@given(st.integers(1, 60), st.integers(0, 1000))
def test_sequences_part_the_film(count: int, seed: int) -> None:
    places = begins(made([1] * count, seed))
    assert places[0] == 0
    assert all(other - one >= FEWEST_SHOTS for one, other in pairwise([*places, count])) or (
        places == [0]
    )


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_cheapest_of_all_ways_to_part(seed: int) -> None:
    """Every way to part nine shots is tried."""
    shots = made([3, 6], seed, spread=1.2)
    price = 1.4 * float(np.median(1 - (shots[:-1] * shots[1:]).sum(axis=1)))

    def cost(places: list[int]) -> float:
        parts = [shots[a:b] for a, b in pairwise([*places, 9])]
        return sum(((part - part.mean(axis=0)) ** 2).sum() + price for part in parts)

    ways = [[0, *(n for n in range(1, 9) if mask >> n & 1)] for mask in range(0, 512, 2)]
    allowed = [w for w in ways if min(b - a for a, b in pairwise([*w, 9])) >= FEWEST_SHOTS]
    assert 2 < len(allowed) < len(ways)
    assert cost(begins(shots)) == pytest.approx(min(map(cost, allowed)))


def test_very_long_sequences_are_parted() -> None:
    places = [*begins(made([MOST_SHOTS + 50], 6)), MOST_SHOTS + 50]
    assert max(other - one for one, other in pairwise(places)) <= MOST_SHOTS


def test_a_shot_is_the_direction_of_its_samples_mean() -> None:
    shots = directions([np.array([[1, 0], [0, 1]], np.float32), None])
    assert shots.tolist() == [pytest.approx([0.5**0.5] * 2), [0, 0]]
