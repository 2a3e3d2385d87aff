"""Finding the cuts of a film: a detector sees every frame, small, and names the frames that cut.

PySceneDetect calls a shot a "scene"; the word stops here.
"""

from typing import Protocol

import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from .cuts_method import CutMethod
from .pixels_type import Pixels

# Detectors compare averages over the frame, so a small one serves; measured on labelled films at
# widths from 64 to 256, 128 lost nothing.
DETECTOR_WIDTH = 128
# Two cuts closer than this are a flash or a fault, not a shot.
SHORTEST_SHOT_FRAMES = 5
# PySceneDetect counts in time codes of a rate; ours are frame numbers, so any rate does.
NOMINAL_RATE = 25.0


class CutFinder(Protocol):
    """Is shown every frame in order and answers with cuts, at most `lag` frames late."""

    @property
    def lag(self) -> int:
        """How many frames after a cut the answer may come."""
        ...

    def feed(self, number: int, frame_bgr: Pixels) -> list[int]:
        """Show frame `number`, `(H, W, 3) uint8`; return numbers of frames that begin a shot."""
        ...


class SceneDetectFinder:
    """One of PySceneDetect's detectors (https://www.scenedetect.com/docs/latest/api/detectors.html)."""

    def __init__(self, method: CutMethod) -> None:
        match method:
            case CutMethod.ADAPTIVE:
                detector = AdaptiveDetector(min_scene_len=SHORTEST_SHOT_FRAMES)
            case CutMethod.CONTENT:
                detector = ContentDetector(min_scene_len=SHORTEST_SHOT_FRAMES)
        self._detector = detector
        self.lag: int = detector.event_buffer_length

    def feed(self, number: int, frame_bgr: Pixels) -> list[int]:
        """See CutFinder."""
        timecode = FrameTimecode(number, NOMINAL_RATE)
        cuts = self._detector.process_frame(timecode, np.ascontiguousarray(frame_bgr))
        return [cut.frame_num for cut in cuts]


def find_cuts(method: CutMethod) -> CutFinder:
    """Give the finder of a method, ready for a film's first frame."""
    return SceneDetectFinder(method)


def detector_size(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a film of `width` x `height` is shown to a detector."""
    small = min(DETECTOR_WIDTH, width)
    return small, max(1, round(height * small / width))
