"""`filmdex similar`: the shots that look most like one, or like a picture."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import film_named, open_store, settings_from, with_settings
from .near import index_for, say_outside
from .output import Format, clock, console, plain_table, print_rows, with_format
from .times import Time

if TYPE_CHECKING:
    from ...db.embeddings import ShotKey
    from ...db.store import Connection
    from ..settings import Loaded
    from ..similar import Direction, Found

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
    database: Path | None,
) -> None:
    """Find the shots that look most like the shot of FILM at a time, or like a picture.

    Similarity is the cosine between embeddings. Candidates come from the index that `filmdex db
    near` makes; without it, every shot of the library is compared.
    """
    from ...db import embeddings
    from ..near.finding import find

    if (film is None) == (image is None) or (film is None) != (time_us is None):
        raise click.UsageError("say FILM and --at TIME, or --image PICTURE")
    if other_films and image is not None:
        raise click.UsageError("--other-films goes with FILM: a picture is of none")
    loaded = settings_from(config, database)
    with open_store(loaded) as store, store.reading() as db:
        if image is not None:
            asked = _of_picture(db, loaded, image)
        else:
            assert film is not None and time_us is not None  # noqa: S101, PT018  seen above
            asked = _of_film(db, film, time_us)
        backbone, direction, itself, film_id = asked
        runs = embeddings.current_runs(db, backbone)
        if other_films:
            runs = [run for run in runs if run.film_id != film_id]
        shots = sum(run.shots for run in runs)
        index = None if exact else index_for(loaded.settings.database.path, backbone, shots)
        done = find(db, index, runs, direction, limit + (itself is not None))
        found = [one for one in done.found if one.key != itself][:limit]
        rows = _rows(db, found)
    say_outside(done.outside, index)
    _print(form, rows)


_Asked = tuple[str, "Direction", "ShotKey | None", "int | None"]


def _of_film(db: "Connection", name: str, time_us: int) -> _Asked:
    """Return the backbone, the direction, the shot itself, and its film."""
    from ...db import embeddings, runs
    from ..similar import directions

    asked = film_named(db, name)
    run = runs.of_film(asked)
    key, vector = embeddings.nearest_in_time(db, run.run_id, time_us)
    backbone = runs.model_of(db, run.run_id).backbone
    return backbone, directions([vector])[0], key, asked.id


def _of_picture(db: "Connection", loaded: "Loaded", image: Path) -> _Asked:
    from ..picturing import bundle_for, look_at_picture
    from ..similar import directions

    bundle = bundle_for(db, loaded.settings.model.bundle)
    stored = look_at_picture(image, bundle, loaded.settings.model)
    return bundle.facts.backbone, directions([stored])[0], None, None


def _rows(db: "Connection", found: "Iterable[Found]") -> list[dict[str, Any]]:
    from ...db import embeddings

    found = list(found)
    places = embeddings.places(db, [one.key for one in found])
    return [
        {
            "film_id": place.film_id,
            "title": place.title,
            "path": place.path,
            "shot": place.ordinal + 1,
            "start_us": place.span.start_us,
            "end_us": place.span.end_us,
            "similarity": round(one.cosine, 5),
        }
        for one in found
        if (place := places.get(one.key)) is not None
    ]


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
