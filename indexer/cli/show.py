"""`filmdex show`: one film, for a person in a terminal or for another program."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import film_named, open_store, settings_from, with_settings
from .output import Format, console, picture_width, print_json, print_rows, with_format

if TYPE_CHECKING:
    from ...db.store import Store


@click.command("show")
@click.argument("film")
@click.option("--shots", is_flag=True, help="List every shot as well.")
@with_format
@with_settings
def command(
    film: str, shots: bool, form: Format, config: Path | None, database: str | None
) -> None:
    """Show FILM (a path, id:N, or a title): its tags as bars, and when they occur.

    --json prints everything; --jsonl and --csv print one record a shot.
    """
    with open_store(settings_from(config, database)) as store:
        print_film(store, film, form, with_shots=shots)


def print_film(store: "Store", name: str, form: Format, *, with_shots: bool) -> None:
    """Print one film in a form."""
    from ...db import runs
    from ..documents import film_document

    with store.reading() as db:
        film = film_named(db, name)
        run = runs.of_film(film)
        shots = list(runs.shots(db, run.run_id))
        model = runs.model_of(db, run.run_id)
    match form:
        case Format.JSON:
            print_json(film_document(film, run, shots, model))
        case Format.TABLE:
            from .portrait import ink_for, portrait

            out = console()
            ink = ink_for(out.encoding)
            parts = portrait(
                film, run, shots, model, picture_width(out), ink, with_shots=with_shots
            )
            for part in parts:
                out.print(part)
        case Format.JSONL | Format.CSV:
            rows = film_document(film, run, shots, model)["shots"]
            print_rows(form, rows, rows[0])
