"""Probabilities out of the exported head are what the calibrations say, worked out without it."""

from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from filmdex.export import onnx_graphs
from filmdex.export.calibrated_graph import calibrated, curve
from filmdex.indexer.card import Calibration, IsotonicCurve, PlattScaling
from filmdex.indexer.sessions import Provider, open_session
from onnx.reference import ReferenceEvaluator
from sklearn.isotonic import IsotonicRegression

TAGS = 4


def pass_on() -> keras.Model:
    """A head whose logits are the embedding itself."""
    embedding = keras.Input((TAGS,), name="embedding")
    return keras.Model(embedding, keras.layers.Activation("linear")(embedding))


def isotonic(seed: int) -> tuple[IsotonicRegression, IsotonicCurve]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, 600)
    shown = rng.random(600) < 1 / (1 + np.exp(-logits))
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(logits, shown)
    return fitted, curve(fitted.X_thresholds_, fitted.y_thresholds_)


def exported(tmp_path: Path, calibrations: list[Calibration | None]) -> Path:
    graph = onnx_graphs.from_keras(calibrated(pass_on(), calibrations), "probabilities")
    onnx_graphs.save(graph, tmp_path / "head.onnx")
    return tmp_path / "head.onnx"


def test_lines_and_curves_stand_side_by_side(tmp_path: Path) -> None:
    fitted, knots = isotonic(1)
    platt = PlattScaling(method="platt", slope=0.8, intercept=-2.0)
    temperature = PlattScaling(method="platt", slope=0.5, intercept=0.0)
    path = exported(tmp_path, [platt, None, knots, temperature])
    logits = np.random.default_rng(2).normal(0, 4, (500, TAGS)).astype(np.float32)
    got = open_session(path, Provider.CPU, threads=1).run(logits)
    assert got[:, 0] == pytest.approx(1 / (1 + np.exp(2 - 0.8 * logits[:, 0])), abs=1e-6)
    assert not got[:, 1].any()
    # Moving knots apart moves a probability at the edge of a step, and nowhere else.
    off = np.abs(got[:, 2] - fitted.predict(logits[:, 2]))
    assert np.quantile(off, 0.95) < 2e-3
    interpolated = np.interp(logits[:, 2], knots.logits, knots.probabilities)
    assert got[:, 2] == pytest.approx(interpolated, abs=1e-4)
    assert got[:, 3] == pytest.approx(1 / (1 + np.exp(-0.5 * logits[:, 3])), abs=1e-6)


def test_the_reference_evaluator_agrees(tmp_path: Path) -> None:
    path = exported(tmp_path, [isotonic(1)[1], isotonic(2)[1], None, isotonic(3)[1]])
    logits = np.random.default_rng(2).normal(0, 4, (40, TAGS)).astype(np.float32)
    (expected,) = ReferenceEvaluator(onnx.load(path)).run(None, {"embedding": logits})
    assert open_session(path, Provider.CPU, 1).run(logits) == pytest.approx(expected, abs=1e-6)


def test_a_head_that_is_certain_gives_numbers(tmp_path: Path) -> None:
    platt = PlattScaling(method="platt", slope=1.0, intercept=0.0)
    path = exported(tmp_path, [platt, None, isotonic(1)[1], platt])
    certain = np.array([[np.inf] * TAGS, [-np.inf] * TAGS], np.float32)
    got = open_session(path, Provider.CPU, 1).run(certain)
    assert np.isfinite(got).all()
    assert got[0, 0] == pytest.approx(1.0)
    assert got[1, 0] == pytest.approx(0.0)
    assert (got[:, 1] == 0.0).all()


def test_nothing_to_report_is_nothing(tmp_path: Path) -> None:
    path = exported(tmp_path, [None] * TAGS)
    assert not open_session(path, Provider.CPU, 1).run(np.ones((3, TAGS), np.float32)).any()


def test_a_calibration_for_each_column() -> None:
    with pytest.raises(ValueError, match="3 calibrations for 4 columns"):
        calibrated(pass_on(), [None] * 3)


def test_knots_that_nearly_touch_are_moved_apart() -> None:
    made = curve([0.0, 1.0, 1.0000001, 3.0], [0.1, 0.2, 0.7, 0.9])
    assert made.logits == (0.0, 1.0, 1.001, 3.0)
    assert made.probabilities == (0.1, 0.2, 0.7, 0.9)
    assert curve([2.0], [0.4]).probabilities == (0.4, 0.4)
