"""Which packets of a film can be copied into a censored copy as they are, by their times.

Packets come in the order of decoding. From one keyframe to the next they lean on each other: what
stays of such a group must be its beginning, or a frame would be decoded from one that went.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ...db.records import Span
from .plan import Removals, touches


@dataclass(frozen=True, slots=True)
class PacketFacts:
    """One frame as it lies in the file: when it is shown, and whether it is a keyframe."""

    time_us: int
    key: bool


@dataclass(frozen=True, slots=True)
class Uncoded:
    """The copy: each packet's time in it, None for those that go; and what went.

    `early_us`: decoding must begin so much before the first frame is shown for none to come late.
    """

    times_us: tuple[int | None, ...]
    removals: Removals
    early_us: int

    def decode_us(self) -> tuple[int, ...]:
        """Return when each packet that stays is decoded: evenly, and none after it is shown.

        What files say of this is not always there (Matroska), nor right once something went.
        """
        shown = sorted(time_us for time_us in self.times_us if time_us is not None)
        return tuple(time_us - self.early_us for time_us in shown)


def uncoded(packets: Sequence[PacketFacts], cut: Sequence[Span], end_us: int) -> Uncoded | None:
    """Plan a copy without encoding; None if some frame that stays leans on one that goes.

    `packets` are in the order of decoding and no two are shown at once; the last is shown until
    `end_us`.
    """
    order = sorted(range(len(packets)), key=lambda n: packets[n].time_us)
    times: list[int | None] = [None] * len(packets)
    removals = Removals()
    for place, number in enumerate(order):
        start_us = packets[number].time_us
        after = order[place + 1] if place + 1 < len(order) else None
        until_us = end_us if after is None else packets[after].time_us
        times[number] = removals.frame(start_us, goes=touches(cut, start_us, until_us))
    broken = True  # until the first keyframe nothing can be decoded
    for packet, time_us in zip(packets, times, strict=True):
        if packet.key:
            broken = False
        if time_us is None:
            broken = True
        elif broken:
            return None
    staying = [time_us for time_us in times if time_us is not None]
    late = (even - shown for even, shown in zip(sorted(staying), staying, strict=True))
    return Uncoded(tuple(times), removals, max(late, default=0))
