"""How a command that reads gives its data: a table for people, or JSON, JSON Lines, CSV.

JSON is one document and the richest. JSON Lines and CSV have one row a record.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

F = TypeVar("F", bound=Callable[..., Any])


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


def console() -> Console:
    """Give the console for people, on stdout; as wide as the terminal, 100 in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 100, highlight=False)


def print_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


def print_rows(form: Format, rows: Iterable[Mapping[str, object]], columns: Iterable[str]) -> None:
    """Print records as JSON, JSON Lines or CSV, streaming but for JSON; never as a table."""
    match form:
        case Format.JSON:
            print_json(list(rows))
        case Format.JSONL:
            for row in rows:
                click.echo(json.dumps(row, ensure_ascii=False))
        case Format.CSV:
            writer = csv.DictWriter(
                sys.stdout, list(columns), extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            for row in rows:
                writer.writerow({key: _cell(value) for key, value in row.items()})
        case Format.TABLE:
            raise ValueError("a table is laid out by its command")


def _cell(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def plain_table(*headings: str) -> Table:
    """Give a table without lines; a heading that begins with `>` is of a column of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        if heading.startswith(">"):
            table.add_column(heading[1:], justify="right", no_wrap=True)
        else:
            table.add_column(heading)
    return table


def clock(time_us: int) -> str:
    """Write a time as people do: `1:02:03.4`, tenths of a second."""
    tenths = time_us // 100_000
    hours, rest = divmod(tenths, 36_000)
    minutes, tenths = divmod(rest, 600)
    seconds = f"{tenths // 10:02}.{tenths % 10}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"
