"""`filmdex similar`: the shots that look most like one."""

from pathlib import Path
from typing import Any

import click

from .common import film_named, open_store, settings_from, with_settings
from .output import Format, clock, console, plain_table, print_rows, with_format
from .times import Time

COLUMNS = ("film_id", "title", "path", "shot", "start_us", "end_us", "similarity")


@click.command("similar")
@click.argument("film")
@click.option(
    "--at", "time_us", type=Time(), required=True, help="A time in the film: 83, 1m23s or 1:23."
)
@click.option("--other-films", is_flag=True, help="Leave out the shots of the film itself.")
@click.option(
    "-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="So many shots."
)
@with_format
@with_settings
def command(
    film: str,
    time_us: int,
    other_films: bool,
    limit: int,
    form: Format,
    config: Path | None,
    database: Path | None,
) -> None:
    """Find the shots of the library that look most like the shot of FILM at a time.

    Similarity is the cosine between embeddings; every shot of the library is compared.
    """
    from ...db import embeddings, runs
    from ..similar import direction, nearest

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        asked = film_named(db, film)
        run = runs.of_film(asked)
        shot_id, vector = embeddings.nearest_in_time(db, run.run_id, time_us)
        model = runs.model_of(db, run.run_id)
        own = run.shots if other_films else 1
        library = embeddings.of_library(db, model.backbone)
        found = nearest(library, direction(vector), limit + own)
        places = embeddings.places(db, [one for one, _ in found])
    rows: list[dict[str, Any]] = [
        {
            "film_id": place.film_id,
            "title": place.title,
            "path": place.path,
            "shot": place.ordinal + 1,
            "start_us": place.span.start_us,
            "end_us": place.span.end_us,
            "similarity": round(cosine, 5),
        }
        for one, cosine in found
        if one != shot_id and (place := places.get(one)) is not None
        if not (other_films and place.film_id == asked.id)
    ][:limit]
    if form is not Format.TABLE:
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table(">Similar", ">Film", "Title", ">Shot", ">From", ">To")
    for row in rows:
        times = clock(row["start_us"]), clock(row["end_us"])
        similar = f"{row['similarity']:.3f}"
        table.row(similar, row["film_id"], row["title"], row["shot"], *times)
    console().print(table)
