"""Pictures drawn for tests: each seed another picture, whatever its size and kind of file."""

from pathlib import Path

import numpy as np
from PIL import Image


def drawing(seed: int, size: tuple[int, int] = (90, 60)) -> Image.Image:
    """Draw coarse patches of colour, smoothly scaled: the same picture at every size."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def draw(path: Path, seed: int, size: tuple[int, int] = (90, 60)) -> None:
    """Save a drawing, in the kind of file that the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing(seed, size).save(path)
