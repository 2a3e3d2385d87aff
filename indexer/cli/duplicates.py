"""`filmdex duplicates`: films, and stretches of films, that occur in several files."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import film_named, open_store, settings_from, with_settings
from .main import EXIT_NOTHING_MATCHED
from .near import index_for, say_outside
from .output import Format, clock, console, plain_table, print_rows, with_format
from .progress import bars

if TYPE_CHECKING:
    from ..near.aligning import Reuse

COLUMNS = (
    "film_id",
    "title",
    "start_us",
    "end_us",
    "other_film_id",
    "other_title",
    "other_start_us",
    "other_end_us",
    "similarity",
    "shots",
)


@click.command("duplicates")
@click.argument("film", required=False)
@click.option("--exact", is_flag=True, help="Compare all films, also where there is an index.")
@with_format
@with_settings
def command(
    film: str | None, exact: bool, form: Format, config: Path | None, database: str | None
) -> None:
    """Find stretches that several films show, in the whole library or with FILM as one of the two.

    Another size, bit rate or beginning does not hide them. Shots must look alike and be cut alike:
    three in a row, or more where the first and the last are cut short; two, where they are cut
    alike to the frame. Exits with 3 if there is none.
    """
    from ...db import embeddings, films
    from ..near.reusing import find_reused

    loaded = settings_from(config, database)
    reuses: list[Reuse] = []
    with open_store(loaded) as store, store.reading() as db, bars() as shown:
        only = None if film is None else film_named(db, film).id
        bar = shown.add_task("films", total=None)
        for backbone in filter(None, embeddings.backbones(db)):
            runs = embeddings.current_runs(db, backbone)
            shots = sum(run.shots for run in runs)
            index = None if exact else index_for(loaded.settings.database.beside, backbone, shots)
            if index is not None:
                say_outside(len(runs) - len(index.covered(runs)), index)
            reuses += find_reused(
                db,
                index,
                runs,
                only,
                lambda done, of: shown.update(bar, completed=done, total=of),
            )
        ids = {film_id for reuse in reuses for film_id in (reuse.film_id, reuse.other_id)}
        titles = films.titles(db, ids)
    rows = [_row(reuse, titles) for reuse in sorted(reuses, key=lambda r: -r.span.length_us)]
    if form is Format.TABLE:
        _print(rows)
    else:
        print_rows(form, rows, COLUMNS)
    if not rows:
        click.echo("no film shows what another does", err=True)
        sys.exit(EXIT_NOTHING_MATCHED)


def _row(reuse: "Reuse", titles: Mapping[int, str]) -> dict[str, Any]:
    return {
        "film_id": reuse.film_id,
        "title": titles[reuse.film_id],
        "start_us": reuse.span.start_us,
        "end_us": reuse.span.end_us,
        "other_film_id": reuse.other_id,
        "other_title": titles[reuse.other_id],
        "other_start_us": reuse.other_span.start_us,
        "other_end_us": reuse.other_span.end_us,
        "similarity": round(reuse.similarity, 4),
        "shots": reuse.shots,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = plain_table(
        ">Film", "Title", ">From", ">To", ">Film", "Title", ">From", ">To", ">Shots", ">Similar"
    )
    for row in rows:
        table.row(
            row["film_id"],
            row["title"],
            clock(row["start_us"]),
            clock(row["end_us"]),
            row["other_film_id"],
            row["other_title"],
            clock(row["other_start_us"]),
            clock(row["other_end_us"]),
            row["shots"],
            f"{row['similarity']:.3f}",
        )
    console().print(table)
