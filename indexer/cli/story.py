"""`filmdex story`: a film as a table of its stretches, which is what a cataloguer writes down."""

from itertools import chain
from pathlib import Path
from typing import Any

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
    from ...db import embeddings, runs
    from ...db.vectors import expanded
    from ..sequences import begins, directions
    from ..story import stretches

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        asked = film_named(db, film)
        run = runs.of_film(asked)
        shots = list(runs.shots(db, run.run_id))
        model = runs.model_of(db, run.run_id)
        stored = chain.from_iterable(embeddings.of_run(db, run.run_id))
        of_shot: list[list[bytes]] = [[] for _ in shots]
        for owner, vector in zip(embeddings.owners(db, run.run_id), stored, strict=True):
            of_shot[owner].append(vector)
    looks = directions([expanded(vectors) if vectors else None for vectors in of_shot])
    rows: list[dict[str, Any]] = [
        {
            "stretch": number,
            "start_us": one.span.start_us,
            "end_us": one.span.end_us,
            "first_shot": one.first + 1,
            "last_shot": one.last + 1,
            "seen_us": one.seen_us,
            "tags": [
                {
                    "tag": tag.tag,
                    "seconds": round(tag.seconds, 3),
                    "coverage": round(tag.coverage, 4),
                    "peak": tag.peak,
                }
                for tag in one.tags
            ],
        }
        for number, one in enumerate(stretches(shots, begins(looks), model), 1)
    ]
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
