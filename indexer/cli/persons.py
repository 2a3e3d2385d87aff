"""`filmdex persons`: who may use the page from elsewhere."""

from pathlib import Path

import click

from ...db.records import Role
from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .output import Format, console, plain_table, print_rows, shown, with_format

COLUMNS = ("name", "role", "added_us")


@click.group("persons")
def command() -> None:
    """Give people tokens for the page: one person, one token, one role."""


@command.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.READER.value,
    show_default=True,
    help="What they may do.",
)
@with_settings
def add(name: str, role: str, config: Path | None, database: str | None) -> None:
    """Add NAME, and print the token that lets them in: once, for it is kept nowhere.

    A reader looks; a reviewer also decides, under this name; an administrator also saves policies.
    """
    from ...db import persons

    with open_store(settings_from(config, database)) as store, store.writing() as db:
        try:
            admitted = persons.add(db, name, Role(role), wall_clock_us())
        except ValueError as error:
            raise click.UsageError(shown(str(error))) from error
    click.echo(admitted.token)


@command.command("renew")
@click.argument("name")
@with_settings
def renew(name: str, config: Path | None, database: str | None) -> None:
    """Print a new token for NAME; the one before lets nobody in any longer."""
    from ...db import persons

    with open_store(settings_from(config, database)) as store, store.writing() as db:
        admitted = persons.renew(db, name)
    click.echo(admitted.token)


@command.command("remove")
@click.argument("name")
@with_settings
def remove(name: str, config: Path | None, database: str | None) -> None:
    """Let NAME in no longer, from this moment; what they decided stays, under their name."""
    from ...db import persons

    with open_store(settings_from(config, database)) as store, store.writing() as db:
        persons.remove(db, name)


@command.command("list")
@with_format
@with_settings
def list_persons(form: Format, config: Path | None, database: str | None) -> None:
    """List who is let in, and as what."""
    from ...db import persons

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        found = persons.listed(db)
    if form is not Format.TABLE:
        rows = ({"name": p.name, "role": p.role, "added_us": p.added_us} for p in found)
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table("Name", "Role")
    for person in found:
        table.row(person.name, person.role)
    console().print(table)
