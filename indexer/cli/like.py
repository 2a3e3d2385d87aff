"""`filmdex like`: the films that are most like one, and why."""

from pathlib import Path

import click

from .common import film_named, open_store, settings_from, with_settings
from .output import Format, console, plain_table, print_rows, with_format

COLUMNS = ("film_id", "title", "likeness", "by_tags", "by_looks", "because")


@click.command("like")
@click.argument("film")
@click.option(
    "-n", "--limit", type=click.IntRange(1), default=10, show_default=True, help="So many films."
)
@with_format
@with_settings
def command(film: str, limit: int, form: Format, config: Path | None, database: str | None) -> None:
    """Find the films that are most like FILM, by tags and by looks, with the tags in common."""
    from ..liking import like_rows

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        rows = like_rows(db, film_named(db, film), limit)
    if form is not Format.TABLE:
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table(">Like", ">Film", "Title", ">By tags", ">By looks", "In common")
    for row in rows:
        numbers = (f"{row['by_tags']:.2f}", f"{row['by_looks']:.2f}")
        common = ", ".join(row["because"])
        table.row(f"{row['likeness']:.2f}", row["film_id"], row["title"], *numbers, common)
    console().print(table)
