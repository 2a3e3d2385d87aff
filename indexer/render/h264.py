"""H.264 at the level of its units: parameter sets of two encoders side by side, and keyframes.

ITU-T H.264, 7.3.1 (units), 7.4.1.2.4 (an IDR picture may begin another parameter set); ISO/IEC
14496-15, 5.3.3.1 (the record of parameter sets that MP4 and Matroska hold, "avcC").
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SLICE_IDR, SPS, PPS, DELIMITER = 5, 7, 8, 9
# In the order of ITU-T H.264, A.2; profiles that x264 knows by these names.
PROFILES = {66: "baseline", 77: "main", 100: "high", 110: "high10", 122: "high422", 244: "high444"}
START = re.compile(rb"\x00\x00\x01")
# Where in an avcC the sets begin, and what stands before the number of the first.
HEADER = 5


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder must know before a film's first picture.

    `length_bytes` is how many bytes say how long a unit is; None where start codes part them.
    `tail` is what an avcC holds after its sets.
    """

    head: bytes
    length_bytes: int | None
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    tail: bytes = b""

    @property
    def profile(self) -> str | None:
        """The profile's name; None if x264 does not know it, or the sets differ."""
        names = {PROFILES.get(unit[1]) for unit in self.sequence}
        return names.pop() if len(names) == 1 else None

    def free_id(self) -> int | None:
        """Return a number that none of the sets has; None if all are taken."""
        taken = {exp_golomb(unit[4:]) for unit in self.sequence}
        taken |= {exp_golomb(unit[1:]) for unit in self.picture}
        return next((number for number in range(31, 0, -1) if number not in taken), None)

    def joined(self, other: "ParameterSets") -> bytes:
        """Write these sets and another's, as these were written."""
        sequence = (*self.sequence, *other.sequence)
        picture = (*self.picture, *other.picture)
        if self.length_bytes is None:
            return b"".join(b"\x00\x00\x00\x01" + unit for unit in (*sequence, *picture))
        level = max(unit[3] for unit in sequence)
        head = self.head[:3] + bytes([level]) + self.head[4:]
        return (
            head
            + bytes([0xE0 | len(sequence)])
            + _counted(sequence)
            + bytes([len(picture)])
            + _counted(picture)
            + self.tail
        )


def read_sets(extradata: bytes) -> ParameterSets | None:
    """Read what a container holds beside an H.264 stream; None if that is nothing we know."""
    if extradata[:1] == b"\x01" and len(extradata) > HEADER + 1:
        return _read_record(extradata)
    units = list(by_start_codes(extradata))
    sequence = tuple(unit for unit in units if kind(unit) == SPS and len(unit) > HEADER)
    picture = tuple(unit for unit in units if kind(unit) == PPS and len(unit) > 1)
    return ParameterSets(b"", None, sequence, picture) if sequence and picture else None


def _read_record(record: bytes) -> ParameterSets | None:
    at = HEADER + 1
    found: list[tuple[bytes, ...]] = []
    counts = (record[HEADER] & 0x1F, None)
    for known in counts:
        if known is None:
            if at >= len(record):
                return None
            known, at = record[at], at + 1
        units = []
        for _ in range(known):
            length = int.from_bytes(record[at : at + 2], "big")
            units.append(record[at + 2 : at + 2 + length])
            at += 2 + length
        found.append(tuple(units))
    sequence, picture = found
    if at > len(record) or not (sequence and picture) or min(map(len, sequence)) <= HEADER:
        return None
    return ParameterSets(record[:HEADER], (record[4] & 3) + 1, sequence, picture, record[at:])


def _counted(units: Iterable[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def kind(unit: bytes) -> int:
    """Return a unit's type."""
    return unit[0] & 0x1F if unit else 0


def by_start_codes(data: bytes) -> Iterator[bytes]:
    """Part units that begin with start codes (Annex B)."""
    starts = [found.end() for found in START.finditer(data)]
    for start, end in zip(starts, [*(n - 3 for n in starts[1:]), len(data)], strict=True):
        yield data[start:end].rstrip(b"\x00")


def by_lengths(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """Part units that begin with their length."""
    at = 0
    while at + length_bytes < len(data):
        length = int.from_bytes(data[at : at + length_bytes], "big")
        yield data[at + length_bytes : at + length_bytes + length]
        at += length_bytes + length


def is_idr(data: bytes, sets: ParameterSets) -> bool:
    """Whether decoding can begin with a packet whatever came before."""
    if sets.length_bytes is None:
        return any(kind(unit) == SLICE_IDR for unit in by_start_codes(data))
    return any(kind(unit) == SLICE_IDR for unit in by_lengths(data, sets.length_bytes))


def as_in(sets: ParameterSets, data: bytes) -> bytes:
    """Write an encoder's packet, which has start codes, as a film with these sets has its own.

    Parameter sets in it go: they are in the container.
    """
    units = [one for one in by_start_codes(data) if kind(one) not in (SPS, PPS, DELIMITER)]
    if sets.length_bytes is None:
        return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
    return b"".join(len(unit).to_bytes(sets.length_bytes, "big") + unit for unit in units)


def exp_golomb(data: Sequence[int]) -> int:
    """Read a number in Exp-Golomb code (9.1) from the first bit on. Raises ValueError if none."""
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    if len(bits) < 2 * zeros + 1:
        raise ValueError("no number in Exp-Golomb code")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
