"""What shots may look like: a shot of a film at a time, or a picture; and those that do."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...db import embeddings, runs
from ...db.embeddings import ShotKey
from ...db.records import Film
from ...db.store import Connection
from ..similar import Direction, Found, directions
from .finding import find

if TYPE_CHECKING:
    from ..settings import ModelSettings
    from .asking import Index


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked for: a direction by a backbone; of a shot, itself and its film too."""

    backbone: str
    direction: Direction
    itself: ShotKey | None = None
    film_id: int | None = None


def of_film(db: Connection, film: Film, time_us: int) -> Look:
    """Take the look of a film at a time. Raises StoreError if nothing was seen there."""
    run = runs.of_film(film)
    key, vector = embeddings.nearest_in_time(db, run.run_id, time_us)
    backbone = runs.model_of(db, run.run_id).backbone
    return Look(backbone, directions([vector])[0], key, film.id)


def of_picture(db: Connection, settings: "ModelSettings", picture: Path) -> Look:
    """Take the look of a picture. Raises as `picturing` does."""
    from ..picturing import bundle_for, look_at_picture

    bundle = bundle_for(db, settings.bundle)
    stored = look_at_picture(picture, bundle, settings)
    return Look(bundle.facts.backbone, directions([stored])[0])


def index_at(database: Path, backbone: str) -> "Index | None":
    """Open the index of similar shots, if there is one.

    Raises ModuleNotFoundError if what reads it is not installed, IndexFault if it is damaged.
    """
    if not database.with_name(f"{database.name}.near").is_dir():
        return None
    from . import asking, files

    return asking.opened(files.folder_of(database, backbone), backbone)


@dataclass(frozen=True, slots=True)
class Alike:
    """The shots that look most like something, and how many films were compared one by one."""

    rows: list[dict[str, Any]]
    outside: int


def shots_to_compare(db: Connection, look: Look) -> int:
    """Count the shots that a look can be compared with."""
    return sum(run.shots for run in embeddings.current_runs(db, look.backbone))


def alike(
    db: Connection, index: "Index | None", look: Look, most: int, *, other_films: bool = False
) -> Alike:
    """Find the shots that look most so, without the asked one, or without its whole film."""
    among = embeddings.current_runs(db, look.backbone)
    if other_films:
        among = [run for run in among if run.film_id != look.film_id]
    done = find(db, index, among, look.direction, most + (look.itself is not None))
    found = [one for one in done.found if one.key != look.itself][:most]
    return Alike(_rows(db, found), done.outside)


def _rows(db: Connection, found: Iterable[Found]) -> list[dict[str, Any]]:
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
