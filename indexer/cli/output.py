"""How a command that reads gives its data: a table for people, or JSON, JSON Lines, CSV.

JSON is one document and the richest. JSON Lines and CSV have one row a record. Films come from
anywhere, and so do their names: what people read goes through `shown`, and nothing is markup.
"""

import csv
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

F = TypeVar("F", bound=Callable[..., Any])

# In a pipe: a row stays on its line, however long a name is; a picture is as wide as a page.
WIDTH_IN_A_PIPE = 10_000
PICTURE_WIDTH_IN_A_PIPE = 100


class Format(StrEnum):
    """The forms that data can take on stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def with_format(function: F) -> F:
    """Add `--json`, `--jsonl` and `--csv`; the function gets `form`."""
    for form in (Format.CSV, Format.JSONL, Format.JSON):
        function = click.option(
            f"--{form}", "form", flag_value=form, help=f"Print {form.upper()}.", type=Format
        )(function)
    return click.option(
        "--table", "form", flag_value=Format.TABLE, default=Format.TABLE, type=Format, hidden=True
    )(function)


def shown(text: str) -> str:
    r"""Write any text on one line, as any terminal takes it: controls and odd bytes escaped.

    Spaces stay, of whatever width; an undecodable byte of a path becomes `\xNN`.
    """
    return "".join(map(_shown_character, text))


def _shown_character(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if "\udc80" <= character <= "\udcff":  # how Python keeps a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return repr(character)[1:-1]


def plain(text: object, style: str = "") -> Text:
    """Give a text to print as it is, in one style: safe for names, titles and reasons."""
    return Text(shown(str(text)), style)


def console() -> Console:
    """Give the console for people, on stdout: no markup, and in a pipe a row stays a line."""
    width = None if sys.stdout.isatty() else WIDTH_IN_A_PIPE
    return Console(width=width, highlight=False, markup=False, emoji=False)


def picture_width(out: Console) -> int:
    """Return how wide a drawing should be."""
    return out.width if sys.stdout.isatty() else PICTURE_WIDTH_IN_A_PIPE


def print_json(document: object) -> None:
    """Print one JSON document; only ASCII where stdout cannot hold every character."""
    click.echo(json.dumps(document, ensure_ascii=not _holds_everything(), indent=1))


def print_rows(form: Format, rows: Iterable[Mapping[str, object]], columns: Iterable[str]) -> None:
    """Print records as JSON, JSON Lines or CSV, streaming but for JSON; never as a table."""
    match form:
        case Format.JSON:
            print_json(list(rows))
        case Format.JSONL:
            for row in rows:
                click.echo(json.dumps(row, ensure_ascii=not _holds_everything()))
        case Format.CSV:
            writer = csv.DictWriter(
                sys.stdout, list(columns), extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            for row in rows:
                writer.writerow({key: _cell(value) for key, value in row.items()})
        case Format.TABLE:
            raise ValueError("a table is laid out by its command")


def _holds_everything() -> bool:
    return sys.stdout.encoding.lower().startswith("utf")


def _cell(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


class PlainTable(Table):
    """A table without lines, whose cells are what they say: no markup, no control characters."""

    def row(self, *cells: object, style: str = "") -> None:
        """Add a row; a cell that needs a style of its own is a `plain(..., style)`."""
        texts = (cell if isinstance(cell, Text) else plain(cell) for cell in cells)
        self.add_row(*texts, style=Style.parse(style))


def plain_table(*headings: str) -> PlainTable:
    """Give a table without lines; a heading that begins with `>` is of a column of numbers."""
    table = PlainTable(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        if heading.startswith(">"):
            table.add_column(heading[1:], justify="right", no_wrap=True)
        else:
            table.add_column(heading)
    return table


def counted(number: int, thing: str) -> str:
    """Say how many: `1 film`, `2 films`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def day_and_time(moment_us: int) -> str:
    """Write a moment (microseconds since 1970, UTC) as people do, where they are: to the minute."""
    moment = datetime.fromtimestamp(moment_us / 1_000_000, tz=UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M}"


def clock(time_us: int) -> str:
    """Write a time as people do: `1:02:03.4`, tenths of a second."""
    tenths = time_us // 100_000
    hours, rest = divmod(tenths, 36_000)
    minutes, tenths = divmod(rest, 600)
    seconds = f"{tenths // 10:02}.{tenths % 10}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"
