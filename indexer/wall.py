"""The time of day, which may jump: for what is written down. Time in a film is clock.py's."""

import time


def wall_clock_us() -> int:
    """Return the time of day, in microseconds since 1970, UTC."""
    return time.time_ns() // 1000
