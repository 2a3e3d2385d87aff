"""The names of the ways to find cuts, apart from `cuts.py` so that naming one loads no OpenCV."""

from enum import StrEnum


class CutMethod(StrEnum):
    """What decides: a detector of PySceneDetect, or TransNetV2 where in doubt, or everywhere."""

    ADAPTIVE = "adaptive"
    CONTENT = "content"
    HYBRID = "hybrid"
    TRANSNET = "transnet"
