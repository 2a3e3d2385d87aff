"""PySceneDetect's detectors as cut finders. It calls a shot a "scene"; the word stops here."""

import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector

from .cuts_found import Found
from .cuts_view import View
from .pixels_type import Pixels

# Detectors compare averages over the frame, so a small one serves; measured on labelled films at
# widths from 64 to 256, 128 lost nothing.
DETECTOR_WIDTH = 128
# Two cuts closer than this are a flash or a fault, not a shot.
SHORTEST_SHOT_FRAMES = 5
# PySceneDetect counts in time codes of a rate; ours are frame numbers, so any rate does.
NOMINAL_RATE = 25.0


class SceneDetectFinder:
    """One of PySceneDetect's detectors (https://www.scenedetect.com/docs/latest/api/detectors.html)."""

    def __init__(self, detector: AdaptiveDetector | ContentDetector) -> None:
        self._detector = detector
        self.lag: int = detector.event_buffer_length
        self.view = View(detector_size, "bgr24", "AREA")
        self.shown = 0

    def feed(self, number: int, _time_us: int, frame_bgr: Pixels) -> list[Found]:
        """See CutFinder."""
        timecode = FrameTimecode(number, NOMINAL_RATE)
        cuts = self._detector.process_frame(timecode, np.ascontiguousarray(frame_bgr))
        return [Found(cut.frame_num) for cut in cuts]

    def rest(self) -> list[Found]:
        """See CutFinder: these detectors answer at once, or not at all."""
        return []


def adaptive() -> SceneDetectFinder:
    """Compare each change with those around it."""
    return SceneDetectFinder(AdaptiveDetector(min_scene_len=SHORTEST_SHOT_FRAMES))


def content() -> SceneDetectFinder:
    """Compare each change with a fixed threshold."""
    return SceneDetectFinder(ContentDetector(min_scene_len=SHORTEST_SHOT_FRAMES))


def detector_size(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a film of `width` x `height` is shown to a detector."""
    small = min(DETECTOR_WIDTH, width)
    return small, max(1, round(height * small / width))
