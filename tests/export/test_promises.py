"""Promises are kept as often as they say: counted, by another's bound, and by simulation."""

import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.promises import Kept, Promise, keep, miss_bound
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

PROMISE = Promise(0.02, 0.95)
SHARE = st.floats(0.01, 0.3)
CONFIDENCE = st.floats(0.5, 0.99)


def kept(positives: np.ndarray, promise: Promise = PROMISE) -> Kept:
    labels = np.ones(len(positives))
    return keep(promise, "War", positives, labels, ("s",) * len(positives))


def test_two_percent_with_95_percent_confidence_takes_149_pictures() -> None:
    assert PROMISE.positives_needed == 149
    assert 0.98**149 <= 0.05 < 0.98**148
    assert kept(np.linspace(0.2, 0.9, 149)).threshold == 0.2
    with pytest.raises(ModelError, match=r"War: 148 pictures .* 149 are needed"):
        kept(np.linspace(0.2, 0.9, 148))


def test_no_picture_at_all_is_too_few() -> None:
    with pytest.raises(ModelError, match="0 pictures"):
        keep(PROMISE, "War", np.array([0.4]), np.zeros(1), ("s",))


@given(SHARE, CONFIDENCE)
def test_what_is_needed_is_enough_and_one_less_is_not(share: float, confidence: float) -> None:
    promise = Promise(share, confidence)
    assert promise.rank(promise.positives_needed) >= 1
    assert promise.rank(promise.positives_needed - 1) == 0


@given(SHARE, CONFIDENCE, st.integers(1, 600))
def test_the_rank_is_the_last_that_clopper_and_pearson_allow(
    share: float, confidence: float, positives: int
) -> None:
    """scipy's exact interval is another's arithmetic for the same bound."""
    rank = Promise(share, confidence).rank(positives)

    def bound(misses: int) -> float:
        test = binomtest(misses, positives, alternative="less")
        return float(test.proportion_ci(confidence, "exact").high)

    if rank:
        assert bound(rank - 1) <= share + 1e-9
        assert miss_bound(rank - 1, positives, confidence) == pytest.approx(bound(rank - 1))
    if rank < positives:
        assert bound(rank) > share - 1e-9


@pytest.mark.parametrize(("share", "confidence", "positives"), [(0.1, 0.9, 80), (0.05, 0.95, 200)])
def test_the_promise_is_kept_as_often_as_it_says_though_the_threshold_is_chosen(
    share: float, confidence: float, positives: int
) -> None:
    """Uniform probabilities: the share that a threshold misses is the threshold itself."""
    rng = np.random.default_rng(7)
    promise, trials = Promise(share, confidence), 4000
    missed = np.array([kept(rng.random(positives), promise).threshold for _ in range(trials)])
    broken = float((missed > share).mean())
    noise = 3 * np.sqrt((1 - confidence) * confidence / trials)
    assert broken <= 1 - confidence + noise
    # It gives nothing away either: the next picture's probability would break the promise.
    rank = promise.rank(positives)
    higher = np.sort(rng.random((trials, positives)), axis=1)[:, rank]
    assert float((higher > share).mean()) > 1 - confidence


def test_equal_probabilities_only_help() -> None:
    """Stored probabilities have few values; the true share under a threshold is then smaller."""
    rng = np.random.default_rng(8)
    promise, trials = Promise(0.1, 0.9), 2000
    chosen = [kept(np.floor(rng.random(80) * 20) / 20, promise).threshold for _ in range(trials)]
    assert float((np.array(chosen) > 0.1).mean()) <= 0.1


def test_what_it_was_chosen_on_is_said() -> None:
    positives = np.linspace(0.001, 1, 1000)
    labels = np.concatenate([np.ones(1000), np.zeros(50)])
    sources = tuple(f"s{number % 7}" for number in range(1000)) + ("elsewhere",) * 50
    found = keep(PROMISE, "War", np.concatenate([positives, np.zeros(50)]), labels, sources)
    assert (found.positives, found.sources) == (1000, 7)
    assert found.misses == int((positives < found.threshold).sum()) == PROMISE.rank(1000) - 1
    assert found.miss_bound <= 0.02


@pytest.mark.parametrize(("share", "confidence"), [(0, 0.9), (1, 0.9), (0.1, 0), (0.1, 1)])
def test_what_cannot_be_promised_is_refused(share: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="over 0 and under 1"):
        Promise(share, confidence)
