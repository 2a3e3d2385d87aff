"""Keyframes only: every packet is read, few are decoded. Only the decoding child imports this.

Where keyframes are too far apart, the frames between them are decoded as well and some of them
shown, so that no stretch longer than `gap_us` goes unseen. Packets are held back until it is known
whether they are too far apart: that costs memory, and saves decoding whole films whose encoder puts
a keyframe just within the gap, as most do.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from ..db.records import US_PER_SECOND
from .decode import Reader, film_end_us
from .probe import Source

# Where every picture is a keyframe, one in this time is enough.
THIN_US = US_PER_SECOND // 2
# As many keyframes in a row from which no whole frame came are none: their container calls every
# picture one. The film is then decoded throughout.
MISNAMED = 3
PREDICTED = {PictureType.P, PictureType.B}
# What is held back at most, whatever the gap.
HELD_BYTES = 64 * 2**20
# A picture this large beside the keyframe that follows was itself coded anew: the cut is there.
CODED_ANEW = 0.5
# A distance between keyframes that came up this often is the encoder's rhythm, not the film's.
RHYTHM = 3


@dataclass(frozen=True, slots=True)
class SparseFrame:
    """A decoded frame among many that were not. See keyframes.Sparse for its times."""

    time_us: int
    frame: VideoFrame
    unseen_from_us: int
    likely_cut_us: int
    certain: bool
    lost: bool


@dataclass(slots=True)
class SparseDecoding:
    """Decodes the keyframes of a source, and what it must between them.

    Times inside are the stream's own, in microseconds; what is yielded counts from the first frame.
    """

    reader: Reader
    gap_us: int
    first_us: int | None = None
    frames: int = 0
    _frame_us: int = 0
    _read: int = 0
    _end_us: int = 0
    _fed_us: int = 0
    _shown_us: int | None = None
    _forward: bool = False
    _only_keys: bool = True
    _frameless: int = 0
    _earliest_us: int | None = None
    _began_hidden: bool = False
    _held: list["Packet[VideoStream]"] = field(default_factory=list)
    _held_bytes: int = 0
    _sizes: list[tuple[int, int]] = field(default_factory=list)
    _keys: dict[int, tuple[int, bool]] = field(default_factory=dict)
    _rhythm: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, source: Source, gap_us: int) -> Self:
        """Begin at the first keyframe of `source`; see a frame at least every `gap_us`."""
        frame_us = max(1, round(US_PER_SECOND / source.frame_rate))
        return cls(Reader(source), gap_us, _frame_us=frame_us)

    def __iter__(self) -> Iterator[SparseFrame]:
        """Yield the frames that are decoded. Raises MediaError at the end if there was none."""
        for packet in self.reader.packets():
            for frame in self._frames(packet):
                if (seen := self._seen(frame)) is not None:
                    yield seen
        if not self.frames:
            raise self.reader.nothing_decoded()

    @property
    def errors(self) -> int:
        """How much could not be decoded so far."""
        return self.reader.errors

    @property
    def film_frames(self) -> int:
        """How many pictures were read so far, few of them decoded."""
        return self._read

    def ends_us(self) -> tuple[int, int]:
        """Return where the last frame ends, and where the film does."""
        seen_us = self._end_us - (self.first_us or 0)
        return seen_us, film_end_us(self.reader.source, self.first_us, seen_us)

    def _frames(self, packet: "Packet[VideoStream]") -> Iterator[VideoFrame]:
        """Decode a packet if need be; those that were held back may be needed after all."""
        if not packet.size:
            yield from self.reader.frames_of(packet)
            return
        at_us = self._time_us(packet)
        self._end_us = max(self._end_us, at_us + self._length_us(packet))
        self._only_keys &= packet.is_keyframe
        if packet.is_keyframe and self._worth_trying(at_us):
            yield from self.reader.drained()
            if alone := list(filter(_whole, self.reader.frames_alone(packet))):
                self._note_keyframe(packet, at_us)
                yield from alone
                return
            self._frameless += 1
        self._sizes.append((at_us, packet.size))
        self._held.append(packet)
        self._held_bytes += packet.size
        near = at_us - self._fed_us <= self.gap_us and self._held_bytes <= HELD_BYTES
        if near and not self._forward:
            return
        self._forward = True
        needed, self._held = self._held, []
        for one in needed:
            yield from self.reader.frames_of(one)

    def _worth_trying(self, at_us: int) -> bool:
        """Tell whether to decode a keyframe: not if all are, nor if none is that is called one."""
        too_soon = self._only_keys and self._read > 1 and at_us - self._fed_us < THIN_US
        return not too_soon and self._frameless < MISNAMED

    def _note_keyframe(self, packet: "Packet[VideoStream]", at_us: int) -> None:
        # What follows may have to be decoded from this one, once more.
        self._held, self._held_bytes = [packet], packet.size
        self._forward, self._frameless = False, 0
        distance = round((at_us - self._fed_us) / self._frame_us)
        self._rhythm[distance] += 1
        self._keys[at_us] = packet.size, self._rhythm[distance] < RHYTHM
        self._fed_us = at_us

    def _time_us(self, packet: "Packet[VideoStream]") -> int:
        self._read += 1
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None or packet.time_base is None:
            return (self._read - 1) * self._frame_us
        at_us = round(stamp * packet.time_base * US_PER_SECOND)
        # An edit list may hide the first keyframe, and show what was coded from it.
        self._began_hidden |= self._read == 1 and packet.is_discard
        if not packet.is_discard and (self._earliest_us is None or at_us < self._earliest_us):
            self._earliest_us = at_us
        return at_us

    def _length_us(self, packet: "Packet[VideoStream]") -> int:
        length = (packet.duration or 0) * (packet.time_base or 0)
        return round(length * US_PER_SECOND) or self._frame_us

    def _seen(self, frame: VideoFrame) -> SparseFrame | None:
        """Place a decoded frame; None if it was only decoded for the sake of a later one."""
        at_us = self._frame_time_us(frame)
        shown_us = self._shown_us
        size, irregular = self._keys.pop(at_us, (0, False))
        if shown_us is not None and not size and at_us - shown_us < self.gap_us // 2:
            return None
        if self.first_us is None:
            self.first_us = self._earliest_us if self._began_hidden else at_us
        between = [(t, n) for t, n in self._sizes if (shown_us or 0) < t < at_us]
        self._sizes = [(t, n) for t, n in self._sizes if t > at_us]
        largest_us, largest = max(between, key=lambda one: one[1], default=(at_us, 0))
        anew = largest >= CODED_ANEW * size
        self._shown_us = at_us
        self.frames += 1
        first_us = self.first_us or 0
        return SparseFrame(
            time_us=at_us - first_us,
            frame=frame,
            unseen_from_us=min((t for t, _ in between), default=at_us) - first_us,
            likely_cut_us=(largest_us if anew else at_us) - first_us,
            certain=irregular and not anew,
            # A single picture that is shown for long was seen all the while.
            lost=shown_us is not None
            and bool(between)
            and at_us - shown_us > self.gap_us + US_PER_SECOND,
        )

    def _frame_time_us(self, frame: VideoFrame) -> int:
        stamp = frame.dts if frame.pts is None else frame.pts
        if stamp is None or frame.time_base is None:
            return min(self._keys, default=(self._shown_us or 0) + self._frame_us)
        return round(stamp * frame.time_base * US_PER_SECOND)


def _whole(frame: VideoFrame) -> bool:
    """Tell whether a frame that was decoded alone is a picture; some decoders conceal the rest."""
    return frame.key_frame or frame.pict_type not in PREDICTED
