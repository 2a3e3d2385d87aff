"""Lengths of time as people write them, and as the query language spells them."""

import re
from decimal import Decimal

from .records import US_PER_SECOND

# Times are stored as signed 64-bit integers and compared with floats: below this both are exact.
MAX_TIME_US = 2**53
_NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_UNITS = re.compile(rf"(?:({_NUMBER})h)?(?:({_NUMBER})m)?(?:({_NUMBER})s?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:([0-9]+):(?=[0-9]{2}:))?([0-9]+):([0-9]{2}(?:\.[0-9]+)?)s?", re.IGNORECASE)


def check_time(time_us: int) -> None:
    """Raise ValueError if this is no length of time that can be stored."""
    if not 0 <= time_us <= MAX_TIME_US:
        raise ValueError(f"not a length of time: {time_us} us")


def read_time_us(text: str) -> int:
    """Read `27` (seconds), `27s`, `1m30s`, `1h`, `1:30`, `90:00` or `1:30:00.5` as microseconds.

    Raises ValueError, in words for the user.
    """
    found = _CLOCK.fullmatch(text) or _UNITS.fullmatch(text)
    if not text or not found:
        raise ValueError(f"{text!r} is no time such as 27s, 1m30s or 1:30")
    hours, minutes, seconds = (Decimal(part or 0) for part in found.groups())
    if ":" in text and (seconds >= 60 or (found[1] and minutes >= 60)):
        raise ValueError(f"{text}: minutes and seconds go up to 59")
    time_us = ((hours * 60 + minutes) * 60 + seconds) * US_PER_SECOND
    if time_us > MAX_TIME_US:
        raise ValueError(f"{text} is longer than any film")
    if time_us != int(time_us):
        raise ValueError(f"{text} is finer than a microsecond")
    return int(time_us)


def spelled_time(time_us: int) -> str:
    """Spell a time so that it is read as the same: `1h30m`, `1m30.25s`, `0s`."""
    hours, rest = divmod(time_us, 3600 * US_PER_SECOND)
    minutes, rest = divmod(rest, 60 * US_PER_SECOND)
    spelling = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")
    if rest or not spelling:
        spelling += f"{(Decimal(rest) / US_PER_SECOND).normalize():f}s"
    return spelling
