"""`filmdex similar`: the shots that look most like one, or like a picture."""

from pathlib import Path
from typing import Any

import click

from .common import film_named, open_store, settings_from, with_settings
from .near import index_for, say_outside
from .output import Format, clock, console, plain_table, print_rows, with_format
from .times import Time

COLUMNS = ("film_id", "title", "path", "shot", "start_us", "end_us", "similarity")
PICTURE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("similar")
@click.argument("film", required=False)
@click.option("--at", "time_us", type=Time(), help="A time in FILM: 83, 1m23s or 1:23.")
@click.option("--image", type=PICTURE, help="A picture (JPEG, PNG, WebP, BMP), in place of FILM.")
@click.option("--other-films", is_flag=True, help="Leave out the shots of the film itself.")
@click.option("--exact", is_flag=True, help="Compare every shot, also where there is an index.")
@click.option(
    "-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="So many shots."
)
@with_format
@with_settings
def command(
    film: str | None,
    time_us: int | None,
    image: Path | None,
    other_films: bool,
    exact: bool,
    limit: int,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Find the shots that look most like the shot of FILM at a time, or like a picture.

    Similarity is the cosine between embeddings. Candidates come from the index that `filmdex db
    near` makes; without it, every shot of the library is compared.
    """
    from ..near.looking import alike, of_film, of_picture, shots_to_compare

    if (film is None) == (image is None) or (film is None) != (time_us is None):
        raise click.UsageError("say FILM and --at TIME, or --image PICTURE")
    if other_films and image is not None:
        raise click.UsageError("--other-films goes with FILM: a picture is of none")
    loaded = settings_from(config, database)
    with open_store(loaded) as store, store.reading() as db:
        if image is not None:
            look = of_picture(db, loaded.settings.model, image)
        else:
            assert film is not None and time_us is not None  # noqa: S101, PT018  seen above
            look = of_film(db, film_named(db, film), time_us)
        path = loaded.settings.database.beside
        index = None if exact else index_for(path, look.backbone, shots_to_compare(db, look))
        done = alike(db, index, look, limit, other_films=other_films)
    say_outside(done.outside, index)
    _print(form, done.rows)


def _print(form: Format, rows: list[dict[str, Any]]) -> None:
    if form is not Format.TABLE:
        print_rows(form, rows, COLUMNS)
        return
    table = plain_table(">Similar", ">Film", "Title", ">Shot", ">From", ">To")
    for row in rows:
        times = clock(row["start_us"]), clock(row["end_us"])
        similar = f"{row['similarity']:.3f}"
        table.row(similar, row["film_id"], row["title"], row["shot"], *times)
    console().print(table)
