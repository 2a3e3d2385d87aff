"""The Inception-v3 of 2015 as a Keras model.

TensorFlow's `inception-2015-12-05` (Szegedy et al., "Rethinking the Inception Architecture for
Computer Vision", 2015), the network of Khan et al. It differs from `keras.applications` in one
place: the pooling branch of the last block takes the maximum, not the average.
"""

import re

import keras
import numpy as np

from ..db.errors import ModelError
from .torch_archive import Module

SIDE = 299
WIDTH = 2048
INPUT = "frames_rgb"


def build(archive: Module) -> keras.Model:
    """Return `(N, 299, 299, 3) uint8` RGB -> `(N, 2048) float32` with the archive's weights.

    Raises ModelError if the archive's convolutions are not this network's.
    """
    body = graph()
    load(body, archive)
    frames = keras.Input((SIDE, SIDE, 3), dtype="uint8", name=INPUT)
    unit = keras.layers.Rescaling(1 / 128, offset=-1.0)(frames)  # (x - 128) / 128
    return keras.Model(frames, body(unit), name="inception_2015")


def load(body: keras.Model, archive: Module) -> None:
    """Set the weights of `graph()` to the archive's.

    Raises ModelError if the archive's convolutions are not this network's.
    """
    convolutions = _in_order_of_creation(body, keras.layers.Conv2D)
    norms = _in_order_of_creation(body, keras.layers.BatchNormalization)
    leaves = archive.leaves()
    if len(leaves) != len(convolutions):
        raise ModelError(
            f"the archive has {len(leaves)} convolutions, Inception-v3 {len(convolutions)}"
        )
    for convolution, norm, leaf in zip(convolutions, norms, leaves, strict=True):
        arrays = leaf.arrays
        try:
            # Torch keeps (out, in, height, width), Keras (height, width, in, out).
            convolution.set_weights([np.transpose(arrays["weight"], (2, 3, 1, 0))])
            norm.set_weights([arrays["beta"], arrays["mean"], arrays["var"]])
        except (KeyError, ValueError) as error:
            raise ModelError(f"the archive does not fit {convolution.name}: {error}") from error


def graph(side: int = SIDE) -> keras.Model:
    """Return the network on normalised pictures, `(N, side, side, 3) float32`, without weights."""
    base = keras.applications.InceptionV3(
        weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3)
    )
    last = _in_order_of_creation(base, keras.layers.AveragePooling2D)[-1]

    def with_maximum(layer: keras.Layer) -> keras.Layer:
        if layer is last:
            return keras.layers.MaxPooling2D(3, strides=1, padding="same", name=layer.name)
        return type(layer).from_config(layer.get_config())

    return keras.models.clone_model(base, clone_function=with_maximum)


def _in_order_of_creation(model: keras.Model, kind: type[keras.Layer]) -> list[keras.Layer]:
    """Keras numbers a model's layers of a kind as it makes them: `conv2d`, `conv2d_1`, ..."""

    def number(layer: keras.Layer) -> int:
        found = re.search(r"_(\d+)$", layer.name)
        return int(found[1]) if found else 0

    return sorted((layer for layer in model.layers if isinstance(layer, kind)), key=number)
