"""The names of the ways to find cuts, apart from `cuts.py` so that naming one loads no OpenCV."""

from enum import StrEnum


class CutMethod(StrEnum):
    """Which of PySceneDetect's detectors decides."""

    ADAPTIVE = "adaptive"
    CONTENT = "content"
