"""When work is allowed: stretches of the day, such as `22:00-06:00`. Pure."""

import re
from dataclasses import dataclass
from typing import Self

DAY_MINUTES = 24 * 60
_STRETCH = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Windows:
    """Stretches of the day in minutes from midnight, local time, half-open; none: always."""

    stretches: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HH:MM-HH:MM`, several with commas between. Raises ValueError for anything else."""
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        return cls(tuple(map(_stretch, parts)))

    def open_at(self, minute: int) -> bool:
        """Whether work is allowed at this minute of the day; a stretch may go over midnight."""
        return not self.stretches or any(
            start <= minute < end if start < end else minute >= start or minute < end
            for start, end in self.stretches
        )


def _stretch(text: str) -> tuple[int, int]:
    found = _STRETCH.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a stretch of the day such as 22:00-06:00")
    hour, minute, to_hour, to_minute = map(int, found.groups())
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    if start in (end, DAY_MINUTES) or max(start, end) > DAY_MINUTES:
        raise ValueError(f"{text!r} is no stretch of the day")
    return start, end
