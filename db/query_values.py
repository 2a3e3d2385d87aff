"""Numbers as people write them in a query: fractions, percentages, days, ranges of years."""

import re
from datetime import date
from decimal import Decimal
from math import isfinite

from .query_nodes import EPOCH, MAX_DAY

_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_YEARS = re.compile(r"([0-9]{4})(?:-([0-9]{4}))?")
_SIZE = re.compile(r"([0-9]{1,6})x([0-9]{1,6})", re.IGNORECASE)
_FRACTION = re.compile(rf"({_NUMBER})(%?)")


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


def read_years(text: str) -> tuple[int, int]:
    """Read `1968` or `1960-1969` as the first year and the last. Raises ValueError."""
    found = _YEARS.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no year such as 1968, and no years such as 1960-1969")
    first, last = int(found[1]), int(found[2] or found[1])
    if first > last:
        raise ValueError(f"{text}: the first year goes first")
    return first, last


def read_size(text: str) -> tuple[int, int] | None:
    """Read `1920x1080` as width and height; None if it is not written so."""
    found = _SIZE.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None
