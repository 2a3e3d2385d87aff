"""Films of thumbnails whose every transition is known."""

import numpy as np
from filmdex.indexer.cuts_measure import Measured, measured
from filmdex.indexer.pixels_type import Pixels

HEIGHT, WIDTH = 27, 48
FRAME_US = 40_000


def picture(seed: int) -> np.ndarray:
    """A picture of large patches of colour, `(HEIGHT, WIDTH, 3) float32`, its own for each seed."""
    rng = np.random.default_rng(seed)
    base, other = rng.uniform(20, 235, (2, 3))
    coarse = rng.uniform(0, 1, (4, 6, 1)).repeat(7, 0).repeat(8, 1)[:HEIGHT]
    return (base * coarse + other * (1 - coarse)).astype(np.float32)


def take(seed: int, frames: int) -> np.ndarray:
    """Hold a picture that trembles a little: `(frames, HEIGHT, WIDTH, 3) float32`."""
    rng = np.random.default_rng(seed + 1000)
    return picture(seed) + rng.normal(0, 1, (frames, HEIGHT, WIDTH, 3)).astype(np.float32)


def pan(seed: int, frames: int, step: int = 1) -> np.ndarray:
    """Pan over a picture without end."""
    return np.stack([np.roll(picture(seed), n * step, axis=1) for n in range(frames)])


def shares(frames: int) -> np.ndarray:
    return ((np.arange(frames) + 1) / (frames + 1)).reshape(-1, 1, 1, 1)


def dissolve(old: int, new: int, frames: int) -> np.ndarray:
    return take(old, frames) * (1 - shares(frames)) + take(new, frames) * shares(frames)


def wipe(old: int, new: int, frames: int) -> np.ndarray:
    gone = np.arange(WIDTH).reshape(1, 1, -1, 1) < shares(frames) * WIDTH
    return np.where(gone, take(new, frames), take(old, frames))


def fade(old: int, new: int, frames: int, hold: int = 3, level: float = 0.0) -> np.ndarray:
    """Go to one colour and come out of it: `2 * frames + hold`."""
    leaving = take(old, frames) * (1 - shares(frames)) + level * shares(frames)
    coming = take(new, frames) * shares(frames) + level * (1 - shares(frames))
    return np.concatenate([leaving, np.full((hold, HEIGHT, WIDTH, 3), level), coming])


def film(*parts: np.ndarray) -> Pixels:
    """Join parts: `(N, HEIGHT, WIDTH, 3) uint8`."""
    return np.clip(np.concatenate(parts), 0, 255).round().astype(np.uint8)


def measure(frames: Pixels) -> list[Measured]:
    """Measure each frame, 25 a second."""
    before, all_measured = None, []
    for number, frame in enumerate(frames):
        before = measured(number, number * FRAME_US, frame, before)
        all_measured.append(before)
    return all_measured
