"""Small networks and pictures for the export tests."""

import keras
import numpy as np

SIDE, WIDTH, TAGS = 32, 6, 3


def backbone(seed: int = 3) -> keras.Model:
    """Two convolutions and what stands between them in Inception, with random weights."""
    keras.utils.set_random_seed(seed)
    frames = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="frames_rgb")
    unit = keras.layers.Rescaling(1 / 128, offset=-1.0)(frames)
    seen = keras.layers.Conv2D(8, 3, strides=2, activation="relu")(unit)
    pooled = keras.layers.AveragePooling2D(3, strides=1, padding="same")(seen)
    projected = keras.layers.Conv2D(WIDTH, 1, activation="relu")(pooled)
    return keras.Model(frames, keras.layers.GlobalAveragePooling2D()(projected))


def logits(seed: int = 4, width: int = WIDTH, tags: int = TAGS) -> keras.Model:
    """A linear head with random weights."""
    keras.utils.set_random_seed(seed)
    embedding = keras.Input((width,), name="embedding")
    return keras.Model(embedding, keras.layers.Dense(tags)(embedding))


def pictures(count: int, seed: int = 5, side: int = SIDE) -> np.ndarray:
    """Pictures with large and small features: `(count, side, side, 3) uint8`."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.integers(0, 256, (count, side // 8, side // 8, 3)), np.ones((1, 8, 8, 1)))
    return (0.7 * coarse + 0.3 * rng.integers(0, 256, coarse.shape)).astype(np.uint8)
