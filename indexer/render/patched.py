"""Which packets of a film can be copied into a censored copy as they are, and what must be encoded.

Packets come in the order of decoding. From one keyframe to the next, in a group, they lean on those
before: what is copied of a group is its beginning, or a frame would be decoded from one that went;
what follows a change is encoded. After a group that is not in the copy as it was, one can only be
copied if nothing of it leans on what came before.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .plan import Plan, Removals, touches


@dataclass(frozen=True, slots=True)
class PacketFacts:
    """One frame as it lies in the file: when it is shown, and whether a group begins with it.

    `clean`: whether decoding can begin with it whatever came before.
    """

    time_us: int
    key: bool
    clean: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Packets `[first, end)` between two keyframes; they are copied, or encoded anew."""

    first: int
    end: int
    encoded: bool


@dataclass(frozen=True, slots=True)
class Patched:
    """The copy: each packet's time in the film and in the copy, None for those that go.

    `hidden` are the numbers of packets whose picture is covered.
    """

    film_us: tuple[int, ...]
    times_us: tuple[int | None, ...]
    groups: tuple[Group, ...]
    hidden: frozenset[int]
    removals: Removals

    def staying(self, group: Group) -> list[int]:
        """Return a group's packets that stay, in the order in which the copy holds them.

        What is encoded anew is held in the order in which it is shown.
        """
        numbers = [n for n in range(group.first, group.end) if self.times_us[n] is not None]
        return sorted(numbers, key=lambda n: self.film_us[n]) if group.encoded else numbers

    @property
    def encoded(self) -> int:
        """How many frames are encoded anew."""
        return sum(len(self.staying(group)) for group in self.groups if group.encoded)

    def decode_us(self) -> tuple[int, ...]:
        """Return when each packet of the copy is decoded: evenly, and none after it is shown.

        What files say of this is not always there (Matroska), nor right once something went.
        """
        times = (self.times_us[n] for group in self.groups for n in self.staying(group))
        held = [time_us for time_us in times if time_us is not None]
        shown = sorted(held)
        late = max((even - at for even, at in zip(shown, held, strict=True)), default=0)
        return tuple(time_us - late for time_us in shown)


def patched(
    packets: Sequence[PacketFacts], plan: Plan, end_us: int, *, can_encode: bool
) -> Patched | None:
    """Plan a copy in which as much as can be is copied; None if that is nothing, or cannot be.

    `packets` are in the order of decoding and no two are shown at once; the last is shown until
    `end_us`. Unless groups `can_encode`, all of them must be copied.
    """
    spans = list(_grouped(packets))
    if not spans or not _follow_each_other(packets, spans):
        return None
    times, hidden, removals = _shown(packets, plan, end_us)
    groups = []
    whole = True
    for first, end in spans:
        stays = [times[n] is not None for n in range(first, end)]
        stands = whole or _stands_alone(packets[first:end])
        begins = stays == sorted(stays, reverse=True)
        clear = begins and hidden.isdisjoint(range(first, end))
        encoded = any(stays) and not (clear and stands)
        changed = [not stay or n in hidden for n, stay in enumerate(stays, first)]
        kept = first + (_unchanged(packets[first:end], changed) if encoded and stands else 0)
        if first < kept:
            groups.append(Group(first, kept, encoded=False))
        groups.append(Group(kept, end, encoded))
        whole = all(stays) and not encoded
    found = Patched(tuple(one.time_us for one in packets), times, tuple(groups), hidden, removals)
    copied = any(found.staying(group) for group in groups if not group.encoded)
    return found if copied and (can_encode or not found.encoded) else None


def _grouped(packets: Sequence[PacketFacts]) -> Iterator[tuple[int, int]]:
    """Yield groups; none at all if the film does not begin with a keyframe."""
    keys = [number for number, packet in enumerate(packets) if packet.key]
    if keys[:1] == [0]:
        yield from zip(keys, [*keys[1:], len(packets)], strict=True)


def _follow_each_other(packets: Sequence[PacketFacts], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether all of a group is shown before any of the next."""
    times = [[one.time_us for one in packets[first:end]] for first, end in spans]
    return all(max(one) < min(after) for one, after in itertools.pairwise(times))


def _stands_alone(group: Sequence[PacketFacts]) -> bool:
    """Whether nothing of a group leans on what came before its keyframe."""
    return group[0].clean and group[0].time_us == min(one.time_us for one in group)


def _unchanged(group: Sequence[PacketFacts], changed: Sequence[bool]) -> int:
    """Return how many packets at a group's beginning stay as they are, and are shown first."""
    times = [one.time_us for one in group]
    most = next((n for n, change in enumerate(changed) if change), len(group))
    closed = (
        n for n in range(most, 0, -1) if max(times[:n]) < min(times[n:], default=max(times) + 1)
    )
    return next(closed, 0)


def _shown(
    packets: Sequence[PacketFacts], plan: Plan, end_us: int
) -> tuple[tuple[int | None, ...], frozenset[int], Removals]:
    """Place each frame in the copy, and say which are covered there."""
    order = sorted(range(len(packets)), key=lambda n: packets[n].time_us)
    times: list[int | None] = [None] * len(packets)
    hidden = set()
    removals = Removals()
    ends = [*(packets[number].time_us for number in order[1:]), end_us]
    for number, until_us in zip(order, ends, strict=True):
        start_us = packets[number].time_us
        times[number] = removals.frame(start_us, goes=touches(plan.cut, start_us, until_us))
        if times[number] is not None and touches(plan.covered, start_us, until_us):
            hidden.add(number)
    return tuple(times), frozenset(hidden), removals
