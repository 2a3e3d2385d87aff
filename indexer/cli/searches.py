"""`filmdex searches`: the searches that are saved."""

from dataclasses import asdict, fields
from pathlib import Path

import click

from .common import open_store, settings_from, with_settings
from .output import Format, console, day_and_time, plain_table, print_rows, with_format


@click.group("searches", invoke_without_command=True)
@with_format
@with_settings
@click.pass_context
def command(
    context: click.Context, form: Format, config: Path | None, database: str | None
) -> None:
    """List the searches that `filmdex search --save` has saved."""
    if context.invoked_subcommand is not None:
        return
    from ...db import saved_searches
    from ...db.saved_searches import SavedSearch

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        listed = saved_searches.listed(db)
    if form is not Format.TABLE:
        print_rows(form, map(asdict, listed), [field.name for field in fields(SavedSearch)])
        return
    table = plain_table("Name", "Finds", "Query", "Order", "Last asked")
    for one in listed:
        finds = "shots" if one.shots else "films"
        table.row(one.name, finds, one.query, one.order or "best first", day_and_time(one.asked_us))
    console().print(table)


@command.command("remove")
@click.argument("name")
@with_settings
def remove(name: str, config: Path | None, database: str | None) -> None:
    """Forget the saved search NAME, and what it has found."""
    from ...db import saved_searches

    with open_store(settings_from(config, database)) as store, store.writing() as db:
        saved_searches.remove(db, name)
