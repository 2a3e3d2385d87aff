"""`filmdex config`: what is configured, and by whom."""

from pathlib import Path

import click

from .common import settings_from, with_settings
from .output import Format, console, plain_table, print_rows, with_format


@click.group("config")
def command() -> None:
    """Show the configuration and where it comes from."""


@command.command("show")
@click.option("--origin", is_flag=True, help="Say of each setting who set it.")
@with_format
@with_settings
def show(origin: bool, form: Format, config: Path | None, database: str | None) -> None:
    """Show every setting that is in force."""
    listed = settings_from(config, database).listed()
    columns = ("key", "value", "origin") if origin else ("key", "value")
    if form is Format.TABLE:
        table = plain_table(*(column.capitalize() for column in columns))
        for setting in listed:
            table.row(*(getattr(setting, column) for column in columns))
        console().print(table)
    else:
        rows = ({column: getattr(one, column) for column in columns} for one in listed)
        print_rows(form, rows, columns)


@command.command("example")
def example() -> None:
    """Print a configuration file with every setting, its default and what it does."""
    from ..settings import example as written

    click.echo(written())


@command.command("path")
def path() -> None:
    """Print which file would be read."""
    from ..settings import config_path

    click.echo(config_path(None))
