"""A network small enough to be trained in a test, and pictures whose right answer is known."""

from pathlib import Path

import cv2
import keras
import numpy as np
from filmdex.export.backbones import Backbone, Preprocessing
from filmdex.export.fine_tune import Material

SIDE = 80


def published(side: int) -> keras.Model:
    """Three blocks of convolution, normalisation and, in the last one, dropout."""
    last = pixels = keras.Input((side, side, 3))
    for number, channels in enumerate((4, 6, 8), 1):
        name = f"block{number}"
        last = keras.layers.Conv2D(channels, 3, strides=4, padding="same", name=f"{name}_conv")(
            last
        )
        last = keras.layers.BatchNormalization(name=f"{name}_bn")(last)
        last = keras.layers.Activation("relu", name=f"{name}_relu")(last)
    last = keras.layers.Dropout(0.2, name="block3_drop", seed=7)(last)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(last), name="tiny")


TINY = Backbone("tiny", SIDE, 8, Preprocessing.UNIT, r"(block\d)_", published)


def draw(folder: Path, count: int, seed: int = 1) -> Material:
    """Draw pictures: the first tag is a red disc, the second a blue square; some have neither."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((count, 2)) < 0.5).astype(np.float32)
    paths = []
    for row, (disc, square) in enumerate(labels):
        picture = rng.integers(90, 140, (SIDE, SIDE, 3), dtype=np.uint8)
        x, y = (int(place) for place in rng.integers(20, 60, 2))
        if disc:
            cv2.circle(picture, (x, y), 24, (0, 0, 255), -1)
        if square:
            cv2.rectangle(picture, (y - 18, x - 18), (y + 18, x + 18), (255, 0, 0), -1)
        paths.append(folder / f"{row:03}.png")
        cv2.imwrite(str(paths[-1]), picture)
    middle = count * 2 // 3
    settled = np.ones_like(labels, np.bool_)
    return Material(
        tuple(paths), labels, settled, tuple(range(middle)), tuple(range(middle, count))
    )
