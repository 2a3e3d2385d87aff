"""`filmdex jobs`: the work as a list, and what a person may do to it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...db.errors import StoreError
from ..wall import wall_clock_us
from .common import film_named, open_store, settings_from, with_settings
from .output import Format, console, counted, plain_table, print_rows, with_format

if TYPE_CHECKING:
    from ...db.store import Connection
    from ...db.work import JobRow

COLUMNS = (
    "film",
    "title",
    "state",
    "priority",
    "attempts",
    "deaths",
    "not_before_us",
    "changed_us",
    "reason",
)
STATES = ("running", "queued", "failed", "indexed")


@click.group("jobs", invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Also list what is indexed.")
@with_format
@with_settings
@click.pass_context
def command(
    context: click.Context,
    everything: bool,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """List what runs, the queue in its order, and what has failed with its reason."""
    if context.invoked_subcommand is not None:
        return
    from ...db import work
    from ..standing import job_row

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        listed = work.listed(db, STATES if everything else STATES[:3])
    if form is Format.TABLE:
        console().print(_table(listed))
    else:
        print_rows(form, map(job_row, listed), COLUMNS)


@command.command("retry")
@click.argument("films", nargs=-1)
@click.option("--failed", is_flag=True, help="Retry everything that has failed.")
@with_settings
def retry(films: tuple[str, ...], failed: bool, config: Path | None, database: str | None) -> None:
    """Queue FILMS again, as if they had never been tried."""
    from ...db import jobs, work

    if bool(films) == failed:
        raise click.UsageError("name films, or --failed for all that have failed")
    with open_store(settings_from(config, database)) as store, store.writing() as db:
        ids = work.failed_ids(db) if failed else [film_named(db, name).id for name in films]
        done = [jobs.retry(db, film_id, wall_clock_us()) for film_id in ids]
    _refuse(films, done, "no failed or waiting job")
    click.echo(f"filmdex: {counted(sum(done), 'film')} queued again", err=True)


@command.command("cancel")
@click.argument("films", nargs=-1, required=True)
@with_settings
def cancel(films: tuple[str, ...], config: Path | None, database: str | None) -> None:
    """Take FILMS out of the queue; one that is being indexed is given up."""
    from ...db import jobs

    _change(films, config, database, lambda db, one: jobs.cancel(db, one, wall_clock_us()))


@command.command("raise")
@click.argument("films", nargs=-1, required=True)
@click.option("--by", default=1, show_default=True, help="How much; less than 0 lowers.")
@with_settings
def raise_(films: tuple[str, ...], by: int, config: Path | None, database: str | None) -> None:
    """Move FILMS forward in the queue: a higher priority goes first."""
    from ...db import jobs

    _change(films, config, database, lambda db, one: jobs.raise_priority(db, one, by))


def _change(
    films: tuple[str, ...],
    config: Path | None,
    database: str | None,
    change: "Callable[[Connection, int], bool]",
) -> None:
    with open_store(settings_from(config, database)) as store, store.writing() as db:
        done = [change(db, film_named(db, name).id) for name in films]
    _refuse(films, done, "no job that could be changed")


def _refuse(films: tuple[str, ...], done: list[bool], why: str) -> None:
    left = [name for name, well in zip(films, done, strict=False) if not well]
    if left:
        raise StoreError(f"{', '.join(left)}: {why}; `filmdex jobs --all` lists them")


def _table(listed: "list[JobRow]") -> object:
    table = plain_table(">Film", "Title", "State", ">Priority", ">Attempts", "Last time")
    for one in listed:
        table.row(one.film_id, one.title, one.state, one.priority, one.attempts, one.reason or "")
    return table
