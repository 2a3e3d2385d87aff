"""FFmpeg's ways through a film: `python -m filmdex.indexer.bench.rivals WAY FILM`.

Each decodes the whole film with one thread, and prints frames, length and cuts as JSON. The file is
trusted: nothing limits what it may make of this process.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction

import av
from av.error import EOFError as EndOfFile
from av.filter import Graph
from av.video.frame import VideoFrame

from ...db.records import US_PER_SECOND

# The threshold that FFmpeg's own documentation gives as an example is 0.4; 0.3 finds more.
SCENE_THRESHOLD = 0.3


@dataclass(frozen=True, slots=True)
class Passed:
    """What a way through a film came to; `cuts_us` is null if it looks for none."""

    frames: int
    seconds: float
    cuts_us: list[int] | None


def bare(film: str) -> Passed:
    """Decode every frame, and do nothing with it."""
    watched = _Watched()
    for _ in watched.frames_of(film):
        pass
    return Passed(watched.count, watched.seconds, None)


def scene_filter(film: str) -> Passed:
    """FFmpeg's `select='gt(scene,0.3)'`, through PyAV's filter graph."""
    watched = _Watched()
    graph, cuts_us = Graph(), []
    for frame in watched.frames_of(film):
        if not watched.count:
            _link(graph, frame, watched.time_base)
        graph.vpush(frame)
        cuts_us += [watched.time_us(chosen) for chosen in _pulled(graph)]
    return Passed(watched.count, watched.seconds, [us for us in cuts_us if us > 0])


class _Watched:
    """Decodes a film, and keeps count and time."""

    def __init__(self) -> None:
        self.count = 0
        self.time_base = Fraction(1, US_PER_SECOND)
        self._first: int | None = None
        self._end = 0

    @property
    def seconds(self) -> float:
        return float((self._end - (self._first or 0)) * self.time_base)

    def time_us(self, frame: VideoFrame) -> int:
        return round(((frame.pts or 0) - (self._first or 0)) * self.time_base * US_PER_SECOND)

    def frames_of(self, film: str) -> Iterator[VideoFrame]:
        with av.open(film) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            self.time_base = stream.time_base or self.time_base
            for frame in container.decode(stream):
                if self._first is None:
                    self._first = frame.pts
                self._end = max(self._end, (frame.pts or 0) + frame.duration)
                yield frame
                self.count += 1


def _link(graph: Graph, frame: VideoFrame, time_base: Fraction) -> None:
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=time_base
    )
    chooser = graph.add("select", f"gt(scene,{SCENE_THRESHOLD})")
    sink = graph.add("buffersink")
    source.link_to(chooser)
    chooser.link_to(sink)
    graph.configure()


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EndOfFile):
            return


WAYS: dict[str, Callable[[str], Passed]] = {
    "bare": bare,
    "scene-filter": scene_filter,
}


def main() -> None:
    """Go one way through one film."""
    way, film = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(WAYS[way](film))))


if __name__ == "__main__":
    main()
