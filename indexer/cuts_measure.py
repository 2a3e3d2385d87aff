"""A cheap measure of each frame, from its thumbnail alone: how it differs from the one before.

The picture's change tells cuts. The colours tell slow transitions: an object or the camera that
moves within a shot changes pixels, but not by much the share of each colour.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pixels_type import Pixels

Floats = npt.NDArray[np.float32]

# Where each channel's values begin among those of all three, and what those values are.
CHANNELS = np.array([0, 256, 512], np.uint16)
VALUES = np.tile(np.arange(256), 3)
# Of each channel's sorted values: enough to tell where colours lie, few enough to be steady.
LEVELS = 8
# Standard deviation of each channel under which a frame is one colour: as for blank samples.
ONE_COLOUR = 2.0
# Correlation of two thumbnails that are one picture: others reach half of that by chance.
ONE_PICTURE = 0.8


@dataclass(frozen=True, slots=True)
class Measured:
    """A frame as the measure sees it.

    `thumbnail`: `(H, W, 3) uint8`; `change`: mean difference of its values from those of the frame
    before, 0 to 255; `colours`: `(LEVELS * 3,)`, the means of its sorted values, LEVELS groups of
    three channels; `contrast`: how far they lie apart, 0 to 128.
    """

    number: int
    time_us: int
    thumbnail: Pixels
    change: float
    colours: Floats
    contrast: float


def measured(number: int, time_us: int, thumbnail: Pixels, before: Measured | None) -> Measured:
    """Measure a frame that follows `before`; the first has not changed."""
    change = 0.0 if before is None else difference(thumbnail, before.thumbnail)
    colours = colour_levels(thumbnail)
    return Measured(number, time_us, thumbnail, change, colours, _spread(colours))


def difference(one: Pixels, other: Pixels) -> float:
    """Return the mean difference of two pictures' values, 0 to 255."""
    # Without ever leaving bytes: this is asked of every frame, several times.
    return float((np.maximum(one, other) - np.minimum(one, other)).sum()) / one.size


def colour_levels(thumbnail: Pixels) -> Floats:
    """Sort each channel's values and average them in LEVELS equal groups: `(LEVELS * 3,)`.

    The sum of the smallest so many values lies on a line between two steps of the histogram: so
    nothing has to be sorted. The channels' histograms stand one behind the other.
    """
    counts = np.bincount((thumbnail + CHANNELS).ravel(), minlength=VALUES.size)
    pixels = thumbnail.shape[0] * thumbnail.shape[1]
    group = pixels // LEVELS
    ranks = np.arange(3)[:, None] * pixels + np.arange(LEVELS + 1) * group  # (3, LEVELS + 1)
    sums = np.interp(ranks, counts.cumsum(), (counts * VALUES).cumsum())
    levels: Floats = (np.diff(sums, axis=1).T / group).astype(np.float32).ravel()
    return levels


def _spread(colours: Floats) -> float:
    """Return the standard deviation of each channel's levels, mean over channels."""
    levels = colours.reshape(LEVELS, 3)
    off = levels - levels.sum(axis=0) / LEVELS
    return float(np.sqrt((off * off).sum(axis=0) / LEVELS).sum() / 3)


def colour_distance(one: Measured, other: Measured) -> float:
    """Return how far colours moved between two frames, 0 to 255, whatever moved in the picture."""
    return float(np.abs(one.colours - other.colours).mean())


def mixture(old: Pixels, half_way: Pixels, new: Pixels) -> float:
    """Return how far a picture is from the mean of two, for each level that they differ.

    At most a half if every pixel lies between the two, as in any dissolve, fade or wipe.
    """
    ends = old.astype(np.int16) + new
    off = np.abs(2 * half_way.astype(np.int16) - ends).sum()
    return float(off) / max(1.0, 2 * float(np.abs(old.astype(np.int16) - new).sum()))


def is_one_colour(frame: Measured) -> bool:
    """Whether a frame is black, white or any other one colour, but for coding noise."""
    # Averages lie no further apart than what they are averages of.
    if frame.contrast >= ONE_COLOUR:
        return False
    return bool(frame.thumbnail.reshape(-1, 3).std(axis=0).max() < ONE_COLOUR)


def only_light_changed(one: Measured, other: Measured) -> bool:
    """Whether two frames show one picture, brighter or darker, up to white or black."""
    if is_one_colour(one) or is_one_colour(other):
        return True
    pair = np.stack([one.thumbnail.ravel(), other.thumbnail.ravel()]).astype(np.float32)
    pair -= pair.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(pair, axis=1)
    return float(pair[0] @ pair[1]) >= ONE_PICTURE * float(lengths[0] * lengths[1])
