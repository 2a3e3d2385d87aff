"""PySceneDetect's way through a film: `python -m filmdex.indexer.bench.detect_adaptive FILM`.

What `scenedetect -i FILM detect-adaptive` sets up when it is told nothing more: OpenCV decodes (on
as many threads as it likes), frames are reduced to a width of 256 pixels or a little more.
"""

import json
import sys

from scenedetect import AdaptiveDetector, SceneManager, open_video

from ...db.records import US_PER_SECOND

SHORTEST_SHOT = "0.6s"


def main() -> None:
    """Go through one film; print frames, length and cuts as JSON."""
    (film,) = sys.argv[1:]
    video = open_video(film)
    pipeline = SceneManager()
    pipeline.add_detector(AdaptiveDetector(min_scene_len=SHORTEST_SHOT))
    frames = pipeline.detect_scenes(video)
    starts = [begin.seconds * US_PER_SECOND for begin, _ in pipeline.get_scene_list()[1:]]
    passed = {
        "frames": frames,
        "seconds": video.position.seconds,
        "cuts_us": [round(start) for start in starts],
    }
    sys.stdout.write(json.dumps(passed))


if __name__ == "__main__":
    main()
