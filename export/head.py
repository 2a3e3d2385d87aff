"""The head: embedding to one probability per tag, trained with everything else held still.

One dense layer on the embedding's direction: bringing all embeddings to one length was worth 0.01
of mean average precision out of fold. Tried there too, and worth nothing: square roots of the
features, standardising them, mirrored and other crops of each picture, counting what a tag usually
implies as shown or as unsettled, and less weight for smeared pictures.
"""

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

# What the deployed head says of a tag that it cannot judge: sigmoid(-30) is 0 in float16.
NEVER = -30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the head is trained; all of it goes into the card."""

    # The embedding's length after normalisation, about what the backbone gives by itself.
    length: float = 16.0
    dropout: float = 0.5
    # Per weight, on each tag's own loss. Out of fold anything from 0.003 to 0.03 is as good.
    l2: float = 0.01
    steps: int = 200
    learning_rate: float = 0.2
    seed: int = 20170829


@dataclass(frozen=True, slots=True)
class Linear:
    """A trained head: `logits = length * embedding / |embedding| @ weights + bias`."""

    weights: Floats  # (D, T)
    bias: Floats  # (T,)
    length: float

    def logits(self, embeddings: Floats) -> Floats:
        """Return `(N, T)` for `(N, D)`."""
        result: Floats = normalised(embeddings, self.length) @ self.weights + self.bias
        return result


def normalised(embeddings: Floats, length: float) -> Floats:
    """Bring each row of `(N, D)` to one length."""
    norm = np.linalg.norm(embeddings, axis=1, keepdims=True)
    result: Floats = (embeddings * (length / norm)).astype(np.float32)
    return result


def train(embeddings: Floats, labels: Floats, settled: Flags, settings: Settings) -> Linear:
    """Train one sigmoid per tag on `(N, D)` embeddings and `(N, T)` labels, where `settled`.

    In each tag's loss its pictures weigh as much as all the others together. All pictures are one
    batch: a tag with 20 of 4,000 pictures would be absent from most smaller ones.
    """
    keras.utils.set_random_seed(settings.seed)
    model = network(embeddings.shape[1], labels.shape[1], settings)
    model.compile(
        keras.optimizers.SGD(
            keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps),
            momentum=0.9,
            nesterov=True,
        ),
        loss=_weighted_cross_entropy,
    )
    targets = np.concatenate([labels, balanced(labels, settled)], axis=1)  # (N, 2 T)
    directions = normalised(embeddings, settings.length)
    # Activations are never negative: with their mean still in, descent crawls along it.
    mean = directions.mean(axis=0)
    model.fit(
        directions - mean,
        targets,
        batch_size=len(embeddings),
        epochs=settings.steps,
        shuffle=False,
        verbose=0,
    )
    weights, bias = model.layers[-1].get_weights()
    return Linear(weights, bias - mean @ weights, settings.length)


def network(width: int, tags: int, settings: Settings) -> keras.Model:
    """Return the graph that is trained; its output is logits."""
    embedding = keras.Input((width,), name="embedding")
    kept = keras.layers.Dropout(settings.dropout, seed=settings.seed)(embedding)
    logits = keras.layers.Dense(
        tags,
        kernel_initializer="zeros",
        kernel_regularizer=keras.regularizers.L2(settings.l2 / 2),
        name="logits",
    )(kept)
    return keras.Model(embedding, logits)


def balanced(labels: Floats, settled: Flags) -> Floats:
    """Return weights `(N, T)` that sum to 1 for each tag, half of it on its own pictures.

    What is not settled weighs nothing; a tag without pictures has weight on the others only.
    """
    shown, absent = settled & (labels > 0), settled & (labels == 0)
    each = shown / np.maximum(shown.sum(axis=0), 1) + absent / np.maximum(absent.sum(axis=0), 1)
    weights: Floats = (each / each.sum(axis=0)).astype(np.float32)
    return weights


def calibrated(
    head: Linear, slope: Floats, intercept: Floats, reportable: npt.NDArray[np.bool_]
) -> keras.Model:
    """Return the graph that ships: `(N, D)` embeddings to `(N, T)` calibrated probabilities.

    slope, intercept, reportable: `(T,)`. Platt's scaling is folded into the dense layer; a column
    that is not reportable answers 0.
    """
    embedding = keras.Input((head.weights.shape[0],), name="embedding")
    direction = keras.layers.UnitNormalization()(embedding)
    dense = keras.layers.Dense(head.weights.shape[1], activation="sigmoid", name="tags")
    model = keras.Model(embedding, dense(direction))
    weights = head.weights * head.length * np.where(reportable, slope, 0.0)
    bias = np.where(reportable, head.bias * slope + intercept, NEVER)
    dense.set_weights([weights.astype(np.float32), bias.astype(np.float32)])
    return model


def _weighted_cross_entropy(targets: keras.KerasTensor, logits: keras.KerasTensor) -> object:
    """Sum over tags and pictures; `targets` is labels and weights side by side, `(N, 2 T)`."""
    labels, weights = ops.split(targets, 2, axis=1)
    entropy = ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))
    # Keras averages a loss of shape (N,) over N, which the weights' sum of 1 already did.
    return ops.sum(weights * entropy, axis=1) * ops.cast(ops.shape(labels)[0], "float32")
