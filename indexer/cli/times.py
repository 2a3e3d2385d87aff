"""Times as people type them: `00:12:30`, `12:30.5`, `750`, `750s`."""

import re

import click

TIME = re.compile(r"(?:(?:(\d{1,6}):)?(\d{1,6}):)?(\d{1,9}(?:\.\d{1,6})?)s?")


def parse_time(text: str) -> int:
    """Read a time, microseconds from the film's first frame. Raises click.UsageError."""
    found = TIME.fullmatch(text.strip())
    if found is None:
        raise click.UsageError(f"{text!r} is no time: write 00:12:30, 12:30.5 or 750s")
    hours, minutes, seconds = found.groups()
    whole, _, fraction = seconds.partition(".")
    total = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(whole)
    return total * 1_000_000 + int(fraction.ljust(6, "0") or 0)
