"""`filmdex like`: the films that are most like one, and why."""

from pathlib import Path
from typing import Any

import click

from .common import film_named, open_store, settings_from, with_settings
from .output import Format, console, plain_table, print_rows, with_format

COLUMNS = ("film_id", "title", "score", "by_tags", "by_looks", "because")


@click.command("like")
@click.argument("film")
@click.option(
    "-n", "--limit", type=click.IntRange(1), default=10, show_default=True, help="So many films."
)
@with_format
@with_settings
def command(film: str, limit: int, form: Format, config: Path | None, database: str | None) -> None:
    """Find the films that are most like FILM, by tags and by looks, with the tags in common."""
    from ...db import embeddings, films, runs
    from ...db.errors import StoreError
    from ..likeness import Profile, likest

    with open_store(settings_from(config, database)) as store, store.reading() as db:
        asked = film_named(db, film)
        run = runs.of_film(asked)
        means = embeddings.means(db, runs.model_of(db, run.run_id).backbone)
        if asked.id not in means:
            raise StoreError(f"{asked.title}: nothing was seen in it by which it could be compared")
        coverages = runs.coverages(db)
        profiles = [
            Profile(film_id, coverages.get(film_id, {}), mean) for film_id, mean in means.items()
        ]
        found = likest(profiles, asked.id, limit)
        titles = films.titles(db, [one.film_id for one in found])
    rows: list[dict[str, Any]] = [
        {
            "film_id": one.film_id,
            "title": titles[one.film_id],
            "score": round(one.score, 4),
            "by_tags": round(one.by_tags, 4),
            "by_looks": round(one.by_looks, 4),
            "because": list(one.because),
        }
        for one in found
    ]
    if form is not Format.TABLE:
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table(">Like", ">Film", "Title", ">By tags", ">By looks", "In common")
    for row in rows:
        numbers = (f"{row['by_tags']:.2f}", f"{row['by_looks']:.2f}")
        common = ", ".join(row["because"])
        table.row(f"{row['score']:.2f}", row["film_id"], row["title"], *numbers, common)
    console().print(table)
