"""The films of a library that are most like one: reads what `likeness` compares."""

from dataclasses import dataclass
from typing import Any

from ..db import embeddings, films, runs
from ..db.errors import NotIndexedError
from ..db.records import Film
from ..db.store import Connection
from .likeness import Profile, likest
from .settings import Settings


def like_rows(db: Connection, asked: Film, most: int) -> list[dict[str, Any]]:
    """Describe the films that are most like one, likest first.

    Raises NotIndexedError if nothing was seen in it.
    """
    run = runs.of_film(asked)
    means = embeddings.means(db, runs.model_of(db, run.run_id).backbone)
    if asked.id not in means:
        raise NotIndexedError(
            f"{asked.title}: nothing was seen in it by which it could be compared"
        )
    coverages = runs.coverages(db)
    profiles = [
        Profile(film_id, coverages.get(film_id, {}), mean) for film_id, mean in means.items()
    ]
    found = likest(profiles, asked.id, most)
    titles = films.titles(db, [one.film_id for one in found])
    return [
        {
            "film_id": one.film_id,
            "title": titles[one.film_id],
            "likeness": round(one.together, 4),
            "by_tags": round(one.by_tags, 4),
            "by_looks": round(one.by_looks, 4),
            "because": list(one.because),
        }
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Likest:
    """The films that are most like one, by its number: what may be asked of another process."""

    film_id: int
    most: int

    def __call__(self, db: Connection, _settings: Settings) -> list[dict[str, Any]]:
        """Describe them. Raises UnknownError, or NotIndexedError as `like_rows` does."""
        return like_rows(db, films.read(db, self.film_id), self.most)
