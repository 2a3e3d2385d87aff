"""`filmdex story`: a film as a table of its stretches, which is what a cataloguer writes down."""

from pathlib import Path

import click

from .common import film_named, open_store, settings_from, with_settings
from .output import Format, clock, console, plain_table, print_rows, with_format

COLUMNS = ("stretch", "start_us", "end_us", "first_shot", "last_shot", "seen_us", "tags")


@click.command("story")
@click.argument("film")
@with_format
@with_settings
def command(film: str, form: Format, config: Path | None, database: str | None) -> None:
    """Tell FILM as a table: neighbouring shots that look alike, and the tags that they show."""
    from ..telling import story_rows

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        rows = story_rows(db, film_named(db, film))
    if form is not Format.TABLE:
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table("", ">From", ">To", ">Shots", "Tags, by the share of the time")
    for row in rows:
        tags = ", ".join(f"{tag['tag']} {tag['coverage']:.0%}" for tag in row["tags"])
        if not row["seen_us"]:
            tags = "(not looked at)"
        count = row["last_shot"] - row["first_shot"] + 1
        times = clock(row["start_us"]), clock(row["end_us"])
        table.row(row["stretch"], *times, count, tags)
    console().print(table)
