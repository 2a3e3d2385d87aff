"""Numbers as people write them in a query: fractions, percentages, lengths of time."""

import re
from datetime import date
from decimal import Decimal
from math import isfinite

from .query import EPOCH, MAX_DAY, MAX_TIME_US
from .records import US_PER_SECOND

_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_FRACTION = re.compile(rf"({_NUMBER})(%?)")
_UNITS = re.compile(rf"(?:({_NUMBER})h)?(?:({_NUMBER})m)?(?:({_NUMBER})s?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:([0-9]+):(?=[0-9]{2}:))?([0-9]{1,2}):([0-9]{2}(?:\.[0-9]+)?)")


def read_fraction(text: str) -> float:
    """Read `0.6` or `60%`. Raises ValueError, in words for the user, if it is not within 0 to 1."""
    if not (found := _FRACTION.fullmatch(text)):
        raise ValueError(f"{text!r} is no number from 0 to 1 and no percentage")
    number, percent = Decimal(found[1]), found[2]
    value = number / 100 if percent else number
    if value > 1:
        hint = f"; for a percentage write {text}%" if not percent and 2 <= number <= 100 else ""
        raise ValueError(f"{text} is not between 0 and {'100%' if percent else '1'}{hint}")
    return float(value)


def read_time_us(text: str) -> int:
    """Read `27` (seconds), `27s`, `1m30s`, `1h`, `1:30` or `1:30:00` as microseconds.

    Raises ValueError, in words for the user.
    """
    found = _CLOCK.fullmatch(text) or _UNITS.fullmatch(text)
    if not text or not found:
        raise ValueError(f"{text!r} is no length of time such as 27s, 1m30s or 1:30")
    hours, minutes, seconds = (Decimal(part or 0) for part in found.groups())
    if ":" in text and (seconds >= 60 or (found[1] and minutes >= 60)):
        raise ValueError(f"{text}: minutes and seconds go up to 59")
    time_us = ((hours * 60 + minutes) * 60 + seconds) * US_PER_SECOND
    if time_us > MAX_TIME_US:
        raise ValueError(f"{text} is longer than any film")
    if time_us != int(time_us):
        raise ValueError(f"{text} is finer than a microsecond")
    return int(time_us)


def read_number(text: str) -> float:
    """Read `720` or `23.976`. Raises ValueError, in words for the user."""
    if not _PLAIN_NUMBER.fullmatch(text) or not isfinite(number := float(text)):
        raise ValueError(f"{text!r} is no number such as 720 or 23.976")
    return number


def read_day(text: str) -> int:
    """Read `2026-11-01` as days since 1970. Raises ValueError, in words for the user."""
    try:
        day = (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        raise ValueError(f"{text!r} is no day such as 2026-11-01") from None
    if not 0 <= day <= MAX_DAY:
        raise ValueError(f"{text} is not within 1970 and {EPOCH.year + MAX_DAY // 366}")
    return day
