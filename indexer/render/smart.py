"""The picture of a copy in which packets are copied, and others encoded only where they must be."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ...db.records import US_PER_SECOND
from ..decode import Reader
from .patched import Group, Patched
from .pictures import covered
from .plan import Cover
from .stitch import Stitcher, Stretch

MICROSECOND = Fraction(1, US_PER_SECOND)


@dataclass(slots=True)
class _Waiting:
    """A group's packets on their way into the copy, and how many are still to come."""

    group: Group
    left: int
    packets: "deque[tuple[Packet[Any], int]]" = field(default_factory=deque)


@dataclass(slots=True)
class SmartPicture:
    """Takes a film's packets, and gives the copy's, in order and with their times.

    `first_us` is the first frame's time on the stream's own time line.
    """

    plan: Patched
    cover: Cover
    first_us: int
    reader: Reader
    stitcher: Stitcher | None
    taken: int = 0
    given: int = 0
    _stretch: Stretch | None = None
    _decode_us: tuple[int, ...] = ()
    _numbers: dict[int, int] = field(default_factory=dict)
    _queue: deque[_Waiting] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._decode_us = self.plan.decode_us()
        self._numbers = {time_us: number for number, time_us in enumerate(self.plan.film_us)}
        groups = self.plan.groups
        self._queue.extend(_Waiting(group, len(self.plan.staying(group))) for group in groups)

    def take(self, packet: "Packet[VideoStream]") -> "Iterator[Packet[Any]]":
        """Take the film's next packet; yield what is ready. The last one has no content."""
        if self.plan.encoded:
            for frame in self.reader.frames_of(packet):
                self._encode(frame)
        if packet.size:
            self._copy(packet)
        yield from self._ready()

    def _copy(self, packet: "Packet[VideoStream]") -> None:
        number = self.taken
        self.taken += 1
        time_us = self.plan.times_us[number]
        if time_us is None:
            return
        waiting = self._group_of(number)
        if waiting is not None and not waiting.group.encoded:
            waiting.packets.append((packet, time_us))
            waiting.left -= 1

    def _encode(self, frame: VideoFrame) -> None:
        """Encode a frame if it is one of those that must be."""
        if self.stitcher is None or frame.pts is None:
            return
        native_us = round(frame.pts * (frame.time_base or MICROSECOND) * US_PER_SECOND)
        number = self._numbers.get(native_us - self.first_us)
        time_us = None if number is None else self.plan.times_us[number]
        if number is None or time_us is None:
            return
        waiting = self._group_of(number)
        if waiting is None or not waiting.group.encoded:
            return
        if self._stretch is None:
            self._stretch = self.stitcher.begin()
        shown = covered(frame, self.cover) if number in self.plan.hidden else frame
        waiting.packets.extend(self._stretch.encode(shown, time_us))
        waiting.left -= 1
        if not waiting.left:
            waiting.packets.extend(self._stretch.encode(None))
            self._stretch = None

    def _group_of(self, number: int) -> _Waiting | None:
        """Return a packet's group; None if it is in the copy already, as a whole."""
        found = next((one for one in self._queue if number < one.group.end), None)
        return None if found is None or number < found.group.first else found

    def _ready(self) -> "Iterator[Packet[Any]]":
        """Yield what no earlier group holds up."""
        while self._queue:
            front = self._queue[0]
            while front.packets:
                packet, time_us = front.packets.popleft()
                base = packet.time_base or MICROSECOND
                packet.pts = round(time_us / base / US_PER_SECOND)
                decode_us = self._decode_us[self.given]
                packet.dts = min(packet.pts, round(decode_us / base / US_PER_SECOND))
                self.given += 1
                yield packet
            if front.left:
                return
            self._queue.popleft()
