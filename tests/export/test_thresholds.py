"""Thresholds and calibration, worked out by hand or by another's arithmetic."""

import numpy as np
import pytest
from filmdex.export.calibrate import Platt, fit
from filmdex.export.thresholds import (
    CANDIDATES,
    BestF,
    Operating,
    as_stored,
    at_recalls,
    best_f,
    present_limits,
)
from sklearn.metrics import fbeta_score

PROBABILITIES = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.2, 0.1, 0.06])
LABELS = np.array([1, 1, 0, 1, 0, 0, 0, 0], np.float32)


def test_an_operating_point_is_counted() -> None:
    at = Operating.at(0.35, PROBABILITIES, LABELS)
    assert (at.precision, at.recall, at.false_alarms) == (0.75, 1.0, 0.2)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_the_best_f_is_scikit_learns(beta: float) -> None:
    rng = np.random.default_rng(3)
    labels = (rng.random(400) < 0.2).astype(np.float32)
    values = as_stored(np.clip(rng.normal(0.3 + 0.3 * labels, 0.15), 0, 1))
    best = best_f(BestF(beta), values, labels)
    scores = [fbeta_score(labels, values >= at, beta=beta) for at in CANDIDATES]
    assert best.f_beta(beta) == pytest.approx(max(scores))
    assert best.threshold == pytest.approx(CANDIDATES[int(np.argmax(scores))])


def test_a_recall_has_the_highest_threshold_that_finds_so_much() -> None:
    shown = np.linspace(0.05, 0.95, 20)
    values = np.concatenate([shown, np.zeros(30)])
    labels = np.concatenate([np.ones(20), np.zeros(30)]).astype(np.float32)
    found = at_recalls(values, labels)
    assert [at.recall for at in found] == [0.5, 0.8, 0.9, 0.95, 1.0]
    assert [at.threshold for at in found] == shown[[10, 4, 2, 1, 0]].tolist()


def test_a_recall_that_takes_everything_has_no_threshold() -> None:
    values, labels = np.array([0.5, 0.25, 0.0, 0.0]), np.array([1, 1, 1, 0], np.float32)
    assert [at.threshold for at in at_recalls(values, labels)] == [0.25]


def test_a_film_needs_three_times_what_false_alarms_would_give() -> None:
    chosen = Operating.at(0.35, PROBABILITIES, LABELS)
    limits = present_limits(PROBABILITIES, LABELS, chosen, np.zeros(len(LABELS)))
    assert limits.coverage == pytest.approx(0.6)
    assert limits.peak == pytest.approx(0.71)  # from here on all that is taken is right


def test_false_alarms_count_in_the_style_that_has_most() -> None:
    """The one false alarm is one of two drawn pictures without the tag: half of a drawn film."""
    drawn = np.array([0, 0, 1, 0, 1, 0, 0, 0])
    chosen = Operating.at(0.35, PROBABILITIES, LABELS)
    assert present_limits(PROBABILITIES, LABELS, chosen, drawn).coverage == 1.0
    assert present_limits(PROBABILITIES, LABELS, chosen, 1 - drawn).coverage == 1.0


def test_calibration_finds_the_line_that_made_the_labels() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, 20_000).astype(np.float32)
    truth = Platt(slope=1.7, intercept=-0.8)
    labels = (rng.random(len(logits)) < truth.probabilities(logits)).astype(np.float32)
    found = fit(logits, labels)
    assert found.slope == pytest.approx(1.7, abs=0.1)
    assert found.intercept == pytest.approx(-0.8, abs=0.1)


def test_one_sided_labels_cannot_be_calibrated() -> None:
    with pytest.raises(ValueError, match="with the tag and pictures without"):
        fit(np.zeros(3, np.float32), np.ones(3, np.float32))
