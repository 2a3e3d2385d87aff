"""Bounds against SciPy, and intervals against populations whose miss rate is known."""

import random

import pytest
from filling import MODEL
from filmdex.db.records import Span
from filmdex.indexer.moderation.binomial import at_most, lower_bound, upper_bound
from filmdex.indexer.moderation.estimate import (
    STRATA,
    Counted,
    Unflagged,
    draw,
    estimate,
    unflagged,
)
from filmdex.indexer.moderation.expansion import expand
from hypothesis import given
from hypothesis import strategies as st
from moderating import film, policy, verdict_on
from scipy.stats import beta, binom

counts = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
confidences = st.sampled_from([0.5, 0.9, 0.95, 0.9875, 0.999])


@given(counts, confidences)
def test_bounds_are_those_of_clopper_and_pearson(count: tuple[int, int], sure: float) -> None:
    hits, cases = count
    upper = 1.0 if hits == cases else beta.ppf(sure, hits + 1, cases - hits)
    lower = 0.0 if hits == 0 else beta.ppf(1 - sure, hits, cases - hits + 1)
    assert upper_bound(hits, cases, sure) == pytest.approx(upper, abs=1e-9)
    assert lower_bound(hits, cases, sure) == pytest.approx(lower, abs=1e-9)


@given(counts, st.floats(0, 1))
def test_the_binomial_sum_is_scipys(count: tuple[int, int], share: float) -> None:
    hits, cases = count
    assert at_most(hits, cases, share) == pytest.approx(binom.cdf(hits, cases, share), abs=1e-9)


def test_what_is_no_count_is_refused() -> None:
    for wrong in ((3, 2, 0.9), (-1, 2, 0.9), (1, 2, 1.0), (1, 2, 0.0)):
        with pytest.raises(ValueError, match="is no count"):
            upper_bound(*wrong)
    with pytest.raises(ValueError, match="no such stratum"):
        Counted(2, 3, 0)


def test_strata_are_weighted_by_their_size() -> None:
    found = estimate([Counted(900, 10, 0), Counted(100, 100, 50), Counted(0, 0, 0)], 0.95)
    assert found.rate == pytest.approx(0.05)
    # The second was looked at whole: only the first is uncertain.
    assert found.lower == pytest.approx(0.05)
    assert found.upper == pytest.approx(0.05 + 0.9 * upper_bound(0, 10, 0.975))
    assert found.shots == 1000
    with pytest.raises(ValueError, match="not one shot was looked at"):
        estimate([Counted(10, 0, 0)], 0.95)
    assert estimate([], 0.95).upper == 0


def population(rng: random.Random) -> list[tuple[Unflagged, bool]]:
    shares = (0.0, 0.01, 0.05, 0.3)
    made = []
    for stratum, (size, share) in enumerate(zip((600, 300, 120, 60), shares, strict=True)):
        for n in range(size):
            shot = Unflagged(1, "f", Span(n, n + 1), STRATA[stratum] + 0.01)
            made.append((shot, rng.random() < share))
    return made


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = random.Random(1)  # noqa: S311
    held = 0
    rounds = 100
    for seed in range(rounds):
        made = population(rng)
        missed = {(shot.stratum, shot.span): miss for shot, miss in made}
        truth = sum(missed.values()) / len(made)
        drawn, sizes = draw([shot for shot, _ in made], 160, seed)
        counted = []
        for stratum, size in enumerate(sizes):
            looked = [missed[stratum, s.span] for s in drawn if s.stratum == stratum]
            counted.append(Counted(size, len(looked), sum(looked)))
        found = estimate(counted, 0.9)
        assert found.lower <= found.rate <= found.upper
        held += found.lower <= truth <= found.upper
    assert held >= 0.9 * rounds


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(0, 100), st.randoms())
def test_a_draw_is_even_whole_and_repeatable(
    sizes: list[int], size: int, order: random.Random
) -> None:
    shots = [
        Unflagged(1, "f", Span(n, n + 1), STRATA[stratum])
        for stratum, count in enumerate(sizes)
        for n in range(count)
    ]
    drawn, found = draw(shots, size, 3)
    assert found == sizes
    assert len(set(drawn)) == len(drawn)
    assert len(drawn) >= min(size, sum(sizes)) - 3
    assert len(drawn) <= size
    order.shuffle(shots)
    assert draw(shots, size, 3) == (drawn, found)


def test_only_shots_that_were_looked_at_and_left_alone_are_drawn_from() -> None:
    by = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"\npad_after = 0.5')
    shots = film(0.1, 0.9, 0.4, None, 0.3)
    verdict = verdict_on(shots, by)
    found = list(unflagged(verdict, shots, expand(by, MODEL).rules))
    assert [(s.span.start_us // 1_000_000, s.stratum) for s in found] == [(0, 0), (4, 2)]
