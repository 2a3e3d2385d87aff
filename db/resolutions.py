"""Sizes of a picture as people call them: `1080p`, `4k`.

A film is rarely exactly as high as its size is called: a wide one of 1920 x 800 is 1080p, and so is
a phone's of 1080 x 1920. It has the largest of these sizes whose lines its shorter side has, or its
longer side at 16:9, with a twentieth less allowed, since black edges are cut off.
"""

from collections.abc import Mapping
from types import MappingProxyType

STANDARDS = (240, 360, 480, 576, 720, 1080, 1440, 2160, 4320)
NAMES: Mapping[str, int] = MappingProxyType(
    {**{f"{lines}p": lines for lines in STANDARDS}, "4k": 2160, "uhd": 2160, "8k": 4320}
)
# In whole numbers, so that the database says the same: lines * 9 * 16 = 100 * ... / 95.
ALLOWED_PERCENT = 95
WIDE, HIGH = 16, 9


def lines_of(width: int, height: int) -> int:
    """Return the lines of the largest size that a picture has; 0 below the smallest."""
    shorter, longer = sorted((width, height))
    reached = max(WIDE * shorter, HIGH * longer)
    return max((lines for lines in STANDARDS if reached * 100 >= needed(lines)), default=0)


def needed(lines: int) -> int:
    """Return what 100 times the larger of `WIDE * shorter` and `HIGH * longer` is at least."""
    return ALLOWED_PERCENT * WIDE * lines


def read_lines(text: str) -> int:
    """Read `1080p`, `1080` or `4k`. Raises ValueError, in words for the user."""
    called = text.lower()
    lines = NAMES.get(called, NAMES.get(f"{called}p"))
    if lines is None:
        raise ValueError(f"{text!r} is no size of a picture; there are {', '.join(NAMES)}")
    return lines


def above(lines: int) -> int | None:
    """Return the next larger size; none above the largest."""
    return next((larger for larger in STANDARDS if larger > lines), None)
