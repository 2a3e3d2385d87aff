"""A stretch of a film, decoded from the keyframe before. Only the decoding child imports this."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from av.error import FFmpegError

from ..db.errors import MediaError
from ..db.records import US_PER_SECOND
from .clock import Clock
from .decode import Decoding, Reader, TimedFrame
from .placing import Placing
from .probe import Source
from .stretch import Stretch

# Formats without an index land near where they are asked to, not always before: how much earlier
# to ask, and in the end to decode from the beginning.
EARLIER_US = (0, 10 * US_PER_SECOND)


@dataclass(slots=True)
class StretchDecoding:
    """Decodes the frames that are shown in a stretch, numbered from 0, at the film's own times."""

    source: Source
    stretch: Stretch
    frames: int = 0
    _decoding: Decoding = field(init=False)
    _passed: bool = False

    def __post_init__(self) -> None:
        self._decoding = Decoding.of(self.source)

    def __iter__(self) -> Iterator[TimedFrame]:
        """Yield the frames. Raises MediaError if there is none."""
        for frame in self._from_before():
            if frame.time_us < self.stretch.span.start_us:
                continue
            if frame.time_us >= self.stretch.span.end_us:
                self._passed = True
                break
            lost_us = frame.lost_from_us
            if lost_us is not None and lost_us < self.stretch.span.start_us:
                lost_us = None
            yield replace(frame, number=self.frames, lost_from_us=lost_us)
            self.frames += 1
        if not self.frames:
            raise MediaError(f"no frame of {self.stretch.span} could be decoded")

    def _from_before(self) -> Iterator[TimedFrame]:
        """Yield frames from no later than the stretch's start on."""
        for earlier_us in EARLIER_US:
            if not self._seek(self.stretch.span.start_us - earlier_us):
                continue
            frames = iter(self._decoding)
            try:
                first = next(frames)
            except MediaError:
                continue
            placed = first.frame.pts is not None or first.frame.dts is not None
            if placed and first.time_us <= self.stretch.span.start_us:
                yield first
                yield from frames
                return
        self._begin_anew()
        yield from self._decoding

    def _seek(self, film_us: int) -> bool:
        """Go to the keyframe before a time; tell whether the file lets us."""
        stream, first_us = self.source.stream, self._first_us
        if not stream.time_base:
            return False
        offset = int((film_us + first_us) / US_PER_SECOND / stream.time_base)
        try:
            self.source.container.seek(offset, stream=stream)
        except FFmpegError:
            return False
        frame_us = Clock.at_rate(self.source.frame_rate).frame_us
        self._decoding = Decoding(Reader(self.source), Placing(Clock(frame_us, first_us)))
        return True

    def _begin_anew(self) -> None:
        try:
            self.source.container.seek(0)
        except FFmpegError as error:
            reason = f"a stretch of it cannot be found ({error.strerror}); index it whole"
            raise MediaError(reason) from error
        self._decoding = Decoding.of(self.source)

    @property
    def _first_us(self) -> int:
        return (self.source.start_us or 0) + self.stretch.container_offset_us

    @property
    def errors(self) -> int:
        """How much could not be decoded so far."""
        return self._decoding.errors

    @property
    def first_us(self) -> int | None:
        """The film's first frame's time on the stream's own time line."""
        return self._decoding.first_us

    @property
    def film_frames(self) -> int:
        """How many frames of the stretch were shown so far."""
        return self.frames

    def ends_us(self) -> tuple[int, int]:
        """Return where the stretch ends: sooner than it should if the film does."""
        end_us = self.stretch.span.end_us
        if self._passed:
            return end_us, end_us
        seen_us, film_us = self._decoding.ends_us()
        return min(seen_us, end_us), min(film_us, end_us)
