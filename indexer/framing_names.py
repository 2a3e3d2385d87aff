"""The names of the ways to frame a picture, apart from `framing.py`, which loads OpenCV."""

from enum import StrEnum


class FramingName(StrEnum):
    """How a picture is brought to the network's square."""

    SQUASH = "squash"
    LETTERBOX = "letterbox"
    CENTRE = "centre"
