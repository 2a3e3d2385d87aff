"""Values as people read them on a page. Pure."""

from datetime import UTC, datetime

from ...db.query_spelling import spelled_tag
from ...db.records import US_PER_SECOND


def clock(time_us: int, digits: int = 0) -> str:
    """Write a time in a film: 1:02:03, 2:03, or with digits 2:03.4; cut off, never rounded up."""
    seconds, rest_us = divmod(int(time_us), US_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{rest_us:06d}"[: digits + 1] if digits else ""
    front = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{front}:{seconds:02d}{fraction}"


def probability(value: float) -> str:
    """Write a probability with two digits, but never 0.00 or 1.00 for what is neither."""
    if 0 < value < 0.005:
        return "<0.01"
    if 0.995 <= value < 1:
        return ">0.99"
    return f"{value:.2f}"


def moment(time_us: int) -> str:
    """Write a moment since 1970, in UTC."""
    return f"{datetime.fromtimestamp(time_us / US_PER_SECOND, UTC):%Y-%m-%d %H:%M} UTC"


def grouped(number: int) -> str:
    """Write a number with its thousands apart."""
    return f"{number:,}"


FILTERS = {
    "clock": clock,
    "grouped": grouped,
    "moment": moment,
    "probability": probability,
    "spelled": spelled_tag,
}
