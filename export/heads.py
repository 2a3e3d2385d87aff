"""Three heads with one interface: a trained head is a Keras model, embedding to logits.

*multilabel*: one sigmoid per tag on the embedding's direction, each tag's pictures weighing as much
as all the others (`head.balanced`). *binary*: the same for one tag. *paper*: after Khan et al.
(AVSS 2017), a dense layer with ReLU, dropout 0.5, a softmax and cross-entropy for 500 epochs.

A softmax shares one whole among the tags. A picture of several tags has its target shared evenly
among them; a picture of no tag gets a further class, *none*, which is there if there are such
pictures, and is not part of the output; a tag that is not settled for a picture is left out of the
softmax for it. So that thresholds and calibration are alike for all heads, the output is each tag's
log odds, `log p - log(1 - p)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import ops

from ..db.errors import ModelError
from .head import balanced
from .progress import EpochDone, Watcher, silent

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

SCORES = "scores"
# Probabilities nearer to 1 than this have the same log odds, about 16.
LEAST = 1e-7
_OUT_OF_REACH = 1e9


class Preset(StrEnum):
    """Which head."""

    PAPER = "paper"
    MULTILABEL = "multilabel"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How a head is built and trained; all of it goes into the card."""

    preset: Preset
    # Units of the layer with ReLU, 0 for none.
    hidden: int
    # The embedding's length after normalisation, about what the backbone gives by itself.
    length: float
    dropout: float
    l2: float
    epochs: int
    optimiser: str
    learning_rate: float
    seed: int = 20170829

    def __post_init__(self) -> None:
        if self.epochs < 1 or not 0 <= self.dropout < 1 or min(self.hidden, self.l2) < 0:
            raise ValueError(f"no such head: {self}")

    @classmethod
    def of(cls, preset: Preset) -> "HeadSettings":
        """Return the settings that a preset stands for."""
        if preset is Preset.PAPER:
            return cls(preset, 256, 16.0, 0.5, 0.0, 500, "adam", 1e-3)
        return cls(preset, 0, 16.0, 0.5, 0.01, 200, "sgd", 0.2)


def train_head(
    embeddings: Floats,
    labels: Floats,
    settled: Flags,
    settings: HeadSettings,
    tell: Watcher = silent,
) -> keras.Model:
    """Train on `(N, D)` embeddings and `(N, T)` labels; return `(N, D)` -> logits `(N, T)`.

    All pictures are one batch. Raises ModelError if there is nothing to tell apart.
    """
    targets = targets_for(labels, settled, settings)
    keras.utils.set_random_seed(settings.seed)
    scores = _scores(embeddings.shape[1], targets.shape[1] // 2, settings)
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    directions = embeddings * (settings.length / np.maximum(length, 1e-12))
    # Activations are never negative: with their mean still in, descent crawls along it.
    mean = directions.mean(axis=0)
    step = _step(scores, directions - mean, targets, settings)
    for epoch in range(1, settings.epochs + 1):
        tell(EpochDone(epoch, settings.epochs, {"loss": float(step())}))
    first, bias, *rest = scores.get_weights()
    weights = [first, bias - mean @ first, *rest]
    return assembled(weights, labels.shape[1], settings)


def assembled(weights: list[Floats], tags: int, settings: HeadSettings) -> keras.Model:
    """Return the head of these weights: kernel and bias of each dense layer, first to last."""
    embedding = keras.Input((weights[0].shape[0],), name="embedding")
    direction = keras.layers.UnitNormalization()(embedding)
    scaled = keras.layers.Rescaling(settings.length)(direction)
    dense = _scores(weights[0].shape[0], weights[-1].shape[0], settings)
    dense.set_weights(weights)
    logits = keras.layers.Activation("linear", name=SCORES)(dense(scaled))
    if settings.preset is Preset.PAPER:
        logits = _log_odds(logits)[:, :tags]
    return keras.Model(embedding, logits, name="head")


def scores_of(head: keras.Model) -> keras.Model:
    """Return `(N, D)` -> what the loss is taken of: logits, or what goes into the softmax."""
    return keras.Model(head.input, head.get_layer(SCORES).output, name="head_scores")


def targets_for(
    labels: Floats, settled: Flags, settings: HeadSettings, none: bool | None = None
) -> Floats:
    """Return what the loss compares with, `(N, 2 C)`: targets and weights side by side.

    C is the number of tags, or one more if there is a class *none*: said by `none`, or by whether
    there are such pictures. The weights are such that the mean over pictures does not depend on
    how many are in a batch. Raises ModelError if there is nothing to tell apart.
    """
    if settings.preset is Preset.PAPER:
        return _shared(labels, settled, none)
    shown = (labels > 0) & settled
    if not (shown.any(axis=0) & (~shown & settled).any(axis=0)).any():
        raise ModelError("no tag has both pictures that show it and pictures that do not")
    if settings.preset is Preset.BINARY and labels.shape[1] != 1:
        raise ModelError(f"a binary head is for one tag, not for {labels.shape[1]}; name one")
    return np.concatenate([labels, balanced(labels, settled) * len(labels)], axis=1)


def knows_none(head: keras.Model, settings: HeadSettings) -> bool:
    """Whether a head has the class *none* beside its tags."""
    scores = head.get_layer(SCORES).output.shape[-1]
    return settings.preset is Preset.PAPER and int(scores) > int(head.output.shape[-1])


def loss_for(settings: HeadSettings) -> Callable[[object, object], object]:
    """Return the loss of targets as `targets_for` makes them, and scores `(N, C)`."""
    return _softmax_entropy if settings.preset is Preset.PAPER else _weighted_entropy


def _shared(labels: Floats, settled: Flags, none: bool | None) -> Floats:
    """Share each picture's target among its tags; without any it is of the class *none*."""
    without = ~labels.any(axis=1, keepdims=True)
    if without.any() if none is None else none:
        labels = np.concatenate([labels, without.astype(np.float32)], axis=1)
        settled = np.concatenate([settled, np.ones_like(without)], axis=1)
    if np.count_nonzero(labels.any(axis=0)) < 2:
        raise ModelError("pictures of one tag only; a softmax needs two, or pictures of no tag")
    shown = labels * settled
    shares = shown / np.maximum(shown.sum(axis=1, keepdims=True), 1)
    return np.concatenate([shares, settled], axis=1).astype(np.float32)


def _step(
    scores: keras.Model, directions: Floats, targets: Floats, settings: HeadSettings
) -> Callable[[], tf.Tensor]:
    """Return what learns from all pictures once, and returns the loss.

    `Model.fit` would take many times as long for its own doings as one such step does.
    """
    given, expected = tf.constant(directions, tf.float32), tf.constant(targets, tf.float32)
    loss_of, optimiser = loss_for(settings), _optimiser(settings)
    optimiser.build(scores.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = ops.mean(loss_of(expected, scores(given, training=True)))
            loss = loss + sum(scores.losses)
        gradients = tape.gradient(loss, scores.trainable_variables)
        optimiser.apply(gradients, scores.trainable_variables)
        return loss

    done: Callable[[], tf.Tensor] = step
    return done


def _scores(width: int, outputs: int, settings: HeadSettings) -> keras.Model:
    direction = keras.Input((width,), name="direction")
    last = direction
    if settings.hidden:
        last = keras.layers.Dense(settings.hidden, activation="relu", name="hidden")(last)
    last = keras.layers.Dropout(settings.dropout, seed=settings.seed)(last)
    scores = keras.layers.Dense(
        outputs,
        kernel_initializer="glorot_uniform" if settings.hidden else "zeros",
        kernel_regularizer=keras.regularizers.L2(settings.l2 / 2),
    )(last)
    return keras.Model(direction, scores, name="dense")


def _optimiser(settings: HeadSettings) -> keras.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs)
    if settings.optimiser == "adam":
        return keras.optimizers.Adam(rate)
    return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)


def _log_odds(scores: keras.KerasTensor) -> keras.KerasTensor:
    log_p = ops.log_softmax(scores, axis=-1)
    return log_p - ops.log(ops.maximum(1.0 - ops.exp(log_p), LEAST))


def _weighted_entropy(targets: keras.KerasTensor, logits: keras.KerasTensor) -> object:
    labels, weights = ops.split(targets, 2, axis=1)
    entropy = ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(weights * entropy, axis=1)


def _softmax_entropy(targets: keras.KerasTensor, scores: keras.KerasTensor) -> object:
    shares, settled = ops.split(targets, 2, axis=1)
    log_p = ops.log_softmax(scores - (1.0 - settled) * _OUT_OF_REACH, axis=-1)
    return -ops.sum(shares * log_p * settled, axis=1)
