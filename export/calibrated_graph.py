"""The head that ships: any network from embeddings to logits, with each tag's calibration behind.

Platt's line is one multiplication, an isotonic curve a sum of clipped ramps, one for each pair of
knots: both are plain arithmetic that every ONNX runtime has.
"""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from ..indexer.card import Calibration, IsotonicCurve, PlattScaling

Floats = npt.NDArray[np.float32]

# A logit further out than this is 0 or 1 in float32 already. A head whose probability is exactly 1
# gives an infinite one, and infinity times nothing would be no number.
FURTHEST = 80.0
# Knots nearer than this are moved apart: what float32 of two machines tells apart is no jump.
NEAREST_KNOTS = 1e-3


def calibrated(logits: keras.Model, calibrations: Sequence[Calibration | None]) -> keras.Model:
    """Return `(N, D)` embeddings -> `(N, T)` probabilities, given `(N, D)` -> `(N, T)` logits.

    calibrations: one for each tag; a tag with None may not be reported, and answers exactly 0.
    Raises ValueError if there are not T of them.
    """
    if len(calibrations) != logits.outputs[0].shape[1]:
        raise ValueError(
            f"{len(calibrations)} calibrations for {logits.outputs[0].shape[1]} columns"
        )
    embedding = keras.Input(logits.inputs[0].shape[1:], name="embedding")
    bounded = ops.clip(logits(embedding), -FURTHEST, FURTHEST)
    parts = []
    if any(isinstance(one, PlattScaling) for one in calibrations):
        parts.append(_lines(bounded, calibrations))
    if any(isinstance(one, IsotonicCurve) for one in calibrations):
        parts.append(_curves(bounded, calibrations))
    if not parts:
        parts.append(bounded * 0.0)
    return keras.Model(embedding, parts[0] if len(parts) == 1 else parts[0] + parts[1])


def curve(logits: npt.ArrayLike, probabilities: npt.ArrayLike) -> IsotonicCurve:
    """Make a card's curve from the knots of an isotonic regression.

    logits, probabilities: `(K,)`, as scikit-learn's `X_thresholds_` and `y_thresholds_`.
    """
    spaced: list[float] = []
    for logit in np.round(np.asarray(logits, np.float64), 4).tolist():
        nearest = spaced[-1] + NEAREST_KNOTS if spaced else logit
        spaced.append(round(max(logit, nearest), 4))
    levels = np.round(np.asarray(probabilities, np.float64), 6).tolist()
    if len(spaced) == 1:  # all pictures had one logit: the level holds on both sides of it
        spaced, levels = [spaced[0], spaced[0] + 1.0], levels * 2
    return IsotonicCurve(method="isotonic", logits=tuple(spaced), probabilities=tuple(levels))


def _lines(
    logits: keras.KerasTensor, calibrations: Sequence[Calibration | None]
) -> keras.KerasTensor:
    """Return Platt's sigmoid where a column has one, 0 elsewhere."""
    slope, intercept, has_one = np.zeros((3, len(calibrations)), np.float32)
    for column, one in enumerate(calibrations):
        if isinstance(one, PlattScaling):
            slope[column], intercept[column], has_one[column] = one.slope, one.intercept, 1.0
    return ops.sigmoid(logits * slope + intercept) * has_one


def _curves(
    logits: keras.KerasTensor, calibrations: Sequence[Calibration | None]
) -> keras.KerasTensor:
    """Return the isotonic probability where a column has a curve, 0 elsewhere.

    `p = first + sum_k rise_k * clip((logit - start_k) / length_k, 0, 1)`; columns with fewer knots
    than others have ramps that rise by nothing.
    """
    curves = {n: one for n, one in enumerate(calibrations) if isinstance(one, IsotonicCurve)}
    ramps = max(len(one.logits) for one in curves.values()) - 1
    start, rise = np.zeros((2, len(calibrations), ramps), np.float32)
    steepness = np.ones((len(calibrations), ramps), np.float32)
    first = np.zeros(len(calibrations), np.float32)
    for column, one in curves.items():
        knots, levels = np.array(one.logits), np.array(one.probabilities)
        inner = slice(0, len(knots) - 1)
        start[column, inner], rise[column, inner] = knots[:-1], np.diff(levels)
        steepness[column, inner] = 1.0 / np.diff(knots)
        first[column] = levels[0]
    climbed = ops.clip((ops.expand_dims(logits, 2) - start) * steepness, 0.0, 1.0)  # (N, T, K)
    # Rounding may not make a probability of more than 1.
    return ops.clip(ops.sum(climbed * rise, axis=2) + first, 0.0, 1.0)
