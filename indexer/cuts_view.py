"""How a film's frames are shown to a cut finder."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """The size for a film of `(width, height)`, the format of pixels, and how to scale to it."""

    size: Callable[[int, int], tuple[int, int]]
    pixel_format: str
    interpolation: str
