"""Calibrations: each finds what made the labels, the choice is the better one, none is certain."""

import numpy as np
import pytest
from filmdex.export.calibrate import (
    MOST_KNOTS,
    Isotonic,
    Platt,
    choose,
    fit,
    fit_isotonic,
    fit_temperature,
)
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss


def drawn(
    truth: Platt | Isotonic, count: int, seed: int = 5
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Draw logits, and labels that show a tag with the probability that `truth` says."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, count).astype(np.float32)
    labels = (rng.random(count) < truth.probabilities(logits)).astype(np.float32)
    return logits, labels, tuple(f"s{number % 40}" for number in range(count))


# What no line through a sigmoid can follow: a level stretch in the middle.
STAIRS = Isotonic((-2.0, -1.8, 1.8, 2.0), (0.02, 0.5, 0.5, 0.98))


def test_temperature_is_a_line_through_the_origin() -> None:
    logits, labels, _ = drawn(Platt(0.4, 0.0), 20_000)
    found = fit_temperature(logits, labels)
    assert found.slope == pytest.approx(0.4, abs=0.02)
    assert found.intercept == 0


def test_an_isotonic_curve_finds_the_curve_that_made_the_labels() -> None:
    logits, labels, _ = drawn(STAIRS, 20_000)
    found = fit_isotonic(logits, labels)
    at = np.array([-4, -3, 0, 1, 3, 4], np.float32)
    assert found.probabilities(at) == pytest.approx(STAIRS.probabilities(at), abs=0.04)
    assert len(found.x) <= MOST_KNOTS


def test_pools_that_are_mixed_stand_where_scikit_learn_has_them() -> None:
    logits = np.array([-3, -2, -1, 0, 1, 2, 3, 4], np.float32)
    labels = np.array([0, 0, 1, 0, 1, 0, 1, 1], np.float32)
    plain = IsotonicRegression().fit_transform(logits, labels)
    found = fit_isotonic(logits, labels)
    assert plain.tolist() == [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1]
    assert found.x == pytest.approx((-2.5, 0.5, 3.5))
    # Two of two are three of four, none of two one of four.
    assert found.y == pytest.approx((0.25, 0.5, 0.75))


@given(
    st.lists(
        st.tuples(st.integers(-8, 8).map(lambda n: n / 2), st.booleans()), min_size=2, max_size=60
    ).filter(lambda rows: len({shown for _, shown in rows}) == 2)
)
def test_a_curve_never_falls_and_is_never_certain(rows: list[tuple[float, bool]]) -> None:
    logits = np.array([logit for logit, _ in rows], np.float32)
    found = fit_isotonic(logits, np.array([shown for _, shown in rows], np.float32))
    answers = found.probabilities(np.linspace(-100, 100, 501).astype(np.float32))
    assert (np.diff(answers) >= 0).all()
    least = 1 / (len(rows) + 2)
    assert answers.min() >= least - 1e-9
    assert answers.max() <= 1 - least + 1e-9
    assert len(set(np.float32(found.x).tolist())) == len(found.x)


def test_three_positives_are_not_certain() -> None:
    logits = np.concatenate([np.linspace(-6, -1, 200), [4, 5, 6]]).astype(np.float32)
    labels = (logits > 0).astype(np.float32)
    assert fit_isotonic(logits, labels).probabilities(logits).max() == pytest.approx(4 / 5)
    assert fit(logits, labels).probabilities(logits).max() < 0.9


def test_what_a_line_made_is_calibrated_by_a_line() -> None:
    assert isinstance(choose(*drawn(Platt(1.5, -0.7), 2000)), Platt)


def test_what_needs_no_shift_gets_none() -> None:
    found = choose(*drawn(Platt(1.5, 0.0), 2000))
    assert isinstance(found, Platt)
    assert found.intercept == 0


def test_a_gain_within_its_own_noise_is_none() -> None:
    """A free intercept does better on the held-out pictures in most of these, by chance."""
    for seed in range(6, 10):
        found = choose(*drawn(Platt(1.5, 0.0), 300, seed))
        assert isinstance(found, Platt)
        assert found.intercept == 0


def test_what_no_line_follows_is_calibrated_by_a_curve_and_better_for_it() -> None:
    logits, labels, sources = drawn(STAIRS, 4000)
    found = choose(logits, labels, sources)
    assert isinstance(found, Isotonic)
    unseen, truth, _ = drawn(STAIRS, 4000, seed=6)
    line = fit(logits, labels).probabilities(unseen)
    assert log_loss(truth, found.probabilities(unseen)) < log_loss(truth, line) - 0.02


def test_a_few_positives_get_the_simpler_kind() -> None:
    logits, labels, sources = drawn(STAIRS, 60)
    assert isinstance(choose(logits, labels, sources), Platt)


def test_positives_of_one_source_leave_nothing_to_compare() -> None:
    logits, labels, _ = drawn(STAIRS, 500)
    sources = tuple("one" if label else f"s{n % 9}" for n, label in enumerate(labels))
    assert choose(logits, labels, sources) == fit(logits, labels)


@pytest.mark.parametrize("kind", [fit, fit_temperature, fit_isotonic])
def test_labels_of_one_side_cannot_be_calibrated(kind: object) -> None:
    assert callable(kind)
    with pytest.raises(ValueError, match="with the tag and pictures without"):
        kind(np.zeros(3, np.float32), np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ((0.0,), (0.5,), "two or more"),
        ((0.0, 1.0), (0.5,), "two or more"),
        ((1.0, 1.0), (0.4, 0.5), "do not rise"),
        ((0.0, 1.0), (0.6, 0.5), "fall"),
        ((0.0, 1.0), (0.0, 0.5), "0 or 1"),
        ((0.0, 1.0), (0.5, 1.0), "0 or 1"),
        ((0.0, float("inf")), (0.4, 0.5), "do not rise"),
    ],
)
def test_a_curve_that_is_none_is_refused(
    x: tuple[float, ...], y: tuple[float, ...], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Isotonic(x, y)
