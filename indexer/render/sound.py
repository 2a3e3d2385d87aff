"""The sound of a censored copy: what is left of it, laid where the picture went."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from ...db.records import US_PER_SECOND, Span
from .plan import Plan, Removals

Samples = npt.NDArray[np.float32]
# Where sound is off its place by more than this, it is moved there: silence put in, or samples left
# out. Less is how timestamps are rounded, and moving it would click.
SLACK_US = 2_000
FORMAT = "fltp"


@dataclass(slots=True)
class Sound:
    """One stream of sound on its way into the copy.

    `out` is the stream that it is encoded to, once the copy has been begun.
    """

    source: AudioStream
    plan: Plan
    rate: int
    out: Any = None
    _resampler: AudioResampler = field(init=False)
    _waiting: deque[tuple[int, Samples]] = field(default_factory=deque)
    _ready: list[Samples] = field(default_factory=list)
    _laid: int = 0
    _sent: int = 0

    def __post_init__(self) -> None:
        layout = self.source.codec_context.layout.name
        self._resampler = AudioResampler(format=FORMAT, layout=layout, rate=self.rate)

    def take(self, frame: AudioFrame, first_us: int) -> None:
        """Take a decoded frame; `first_us` is the picture's first time on the streams' clock."""
        if frame.pts is None or frame.time_base is None:
            return
        start_us = round(frame.pts * frame.time_base * US_PER_SECOND) - first_us
        for ready in self._resampler.resample(frame):
            self._waiting.append((start_us, ready.to_ndarray().astype(np.float32)))

    def flush(self, until_us: float, removals: Removals) -> Iterator[Any]:
        """Encode what the picture has passed; yield packets."""
        while self._waiting and self._end_us(*self._waiting[0]) <= until_us:
            start_us, samples = self._waiting.popleft()
            end_us = self._end_us(start_us, samples)
            for from_us, to_us, out_us in removals.left(max(0, start_us), end_us):
                piece = samples[:, self._at(from_us - start_us) : self._at(to_us - start_us)]
                self._lay(self._silenced(piece, from_us), out_us)
        yield from self._encoded(whole=False)

    def end(self) -> Iterator[Any]:
        """Encode the rest."""
        yield from self._encoded(whole=True)
        yield from self.out.encode(None)

    def _lay(self, piece: Samples, out_us: int) -> None:
        """Put a piece after what is laid, moved to where it belongs if it is far from it."""
        behind = self._at(out_us) - self._laid
        if abs(behind) * US_PER_SECOND > SLACK_US * self.rate:
            if behind > 0:
                self._push(np.zeros((piece.shape[0], behind), np.float32))
            else:
                piece = piece[:, -behind:]
        self._push(piece)

    def _push(self, piece: Samples) -> None:
        if piece.shape[1]:
            self._ready.append(piece)
            self._laid += piece.shape[1]

    def _silenced(self, piece: Samples, start_us: int) -> Samples:
        end_us = self._end_us(start_us, piece)
        quiet = piece.copy()
        for span in self.plan.mute:
            if span.start_us < end_us and start_us < span.end_us:
                quiet[:, self._within(span, start_us)] = 0.0
        return quiet

    def _within(self, span: Span, start_us: int) -> slice:
        return slice(
            max(0, self._at(span.start_us - start_us)), max(0, self._at(span.end_us - start_us))
        )

    def _encoded(self, *, whole: bool) -> Iterator[Any]:
        if not self._ready:
            return
        samples = np.concatenate(self._ready, axis=1)
        size = self.out.codec_context.frame_size or 1024
        count = samples.shape[1] // size * size
        if whole and count < samples.shape[1]:
            samples = np.pad(samples, ((0, 0), (0, count + size - samples.shape[1])))
            count = samples.shape[1]
        for at in range(0, count, size):
            yield from self.out.encode(self._frame(samples[:, at : at + size]))
        rest = samples[:, count:]
        self._ready = [rest] if rest.shape[1] else []

    def _frame(self, samples: Samples) -> AudioFrame:
        layout = self.source.codec_context.layout.name
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), FORMAT, layout)
        frame.sample_rate = self.rate
        frame.time_base = Fraction(1, self.rate)
        frame.pts = self._sent
        self._sent += samples.shape[1]
        return frame

    def _at(self, us: int) -> int:
        return round(us * self.rate / US_PER_SECOND)

    def _end_us(self, start_us: int, samples: Samples) -> int:
        count: int = samples.shape[1]
        return start_us + round(count * US_PER_SECOND / self.rate)
