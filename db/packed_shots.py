"""How a shot's state and samples lie in its row.

A sample is one number, four times its distance from the sample before (from the shot's beginning
for the first) plus its state's number, in groups of seven bits, lowest first; the eighth bit says
that more follow (LEB128: DWARF 5, section 7.6).
"""

from collections.abc import Iterable, Iterator

from .records import Sample, ShotState

# By their numbers.
STATES = (
    ShotState.NOT_LOOKED_AT,
    ShotState.LOOKED_AT,
    ShotState.LOW_INFORMATION,
    ShotState.BLANK,
)
NUMBERS = {state: number for number, state in enumerate(STATES)}
_MORE = 0x80


def pack_samples(start_us: int, samples: Iterable[Sample]) -> bytes:
    """Pack the samples of a shot that begins at `start_us`. Raises ValueError if times fall."""
    data, at_us = bytearray(), start_us
    for sample in samples:
        if sample.time_us < at_us:
            raise ValueError(f"samples out of order: {sample.time_us} us after {at_us} us")
        number = len(STATES) * (sample.time_us - at_us) + NUMBERS[sample.state]
        while number >= _MORE:
            data.append(number % _MORE | _MORE)
            number //= _MORE
        data.append(number)
        at_us = sample.time_us
    return bytes(data)


def unpack_samples(start_us: int, data: bytes) -> Iterator[Sample]:
    """Unpack what `pack_samples` packed. Raises ValueError if it is cut off."""
    number, shift, at_us = 0, 0, start_us
    for byte in data:
        number |= (byte & (_MORE - 1)) << shift
        shift += 7
        if byte < _MORE:
            distance_us, state = divmod(number, len(STATES))
            at_us += distance_us
            yield Sample(at_us, STATES[state])
            number, shift = 0, 0
    if shift:
        raise ValueError("a shot's samples are cut off")
