"""Times as people type them on the command line; the same as in a query."""

import click

from ...db.times import read_time_us


class Time(click.ParamType[int]):
    """A time in the film: `00:12:30`, `12:30.5`, `750`, `750s`, `12m30s`; in microseconds."""

    name = "time"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a time; a value that is one already stays."""
        if isinstance(value, int):
            return value
        try:
            return read_time_us(value.strip())
        except ValueError as error:
            self.fail(str(error), param, ctx)
