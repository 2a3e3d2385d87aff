"""`filmdex films`: the library as a list."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import open_store, settings_from, with_settings
from .output import Format, clock, console, plain_table, print_rows, with_format

if TYPE_CHECKING:
    from rich.table import Table

    from ...db.records import Film

COLUMNS = ("id", "title", "state", "duration_us", "shots", "precision", "present", "path", "reason")


@click.command("films")
@with_format
@with_settings
def command(form: Format, config: Path | None, database: str | None) -> None:
    """List all films with their length and tags, or why they could not be indexed."""
    from ...db import films
    from ..documents import listed_film_row
    from ..owner import lives

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        listed = films.listed(db)
    if form is Format.TABLE:
        console().print(_table(listed))
    else:
        print_rows(form, (listed_film_row(film, lives) for film in listed), COLUMNS)


def _table(listed: "tuple[Film, ...]") -> "Table":
    from ...db.records import Failed, Indexed, Queued, Running
    from ..owner import lives

    table = plain_table(">Id", "Title", ">Length", ">Shots", "Tags")
    for film in listed:
        match film.state:
            case Indexed(facts=facts, shots=shots):
                present = ", ".join(tag.tag for tag in film.tags if tag.present)
                row = (clock(facts.duration_us), str(shots), present)
            case Failed(reason=reason):
                row = ("", "", f"failed: {reason}")
            case Running(owner):
                left = lives(owner) is False
                row = ("", "", "interrupted; index it again" if left else "being indexed")
            case Queued():
                row = ("", "", "not indexed yet")
        table.row(film.id, film.title, *row)
    return table
