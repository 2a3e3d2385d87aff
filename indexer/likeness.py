"""Films that are like one another: by the tags that they show, and by how they look.

Tags: the cosine of the square roots of their coverages, each weighted by how few films show it
(inverse document frequency, Sparck Jones, Journal of Documentation 28, 1972), so that a rare tag in
common counts for more. Looks: the cosine of the films' mean embeddings, with the library's own mean
taken off, without which all films are alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..db.vectors import expanded

Table = npt.NDArray[np.float64]

BECAUSE = 5


@dataclass(frozen=True, slots=True)
class Profile:
    """A film as it is compared: the coverage of each tag that it has, and its mean embedding."""

    film_id: int
    coverages: Mapping[str, float]
    embedding: bytes


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like another film is: by tags (0 to 1), by looks (-1 to 1), and their mean.

    `because` are the tags in common that count most, most first.
    """

    film_id: int
    together: float
    by_tags: float
    by_looks: float
    because: tuple[str, ...]


def likest(films: Sequence[Profile], asked: int, most: int) -> list[Likeness]:
    """Compare the film with the id `asked` with all others; return the likest, likest first.

    films: the library's, `asked` among them. Raises ValueError if it is not.
    """
    place = [film.film_id for film in films].index(asked)
    tags = sorted({tag for film in films for tag in film.coverages})
    weighted = _weighted(films, tags)
    shares = weighted * weighted[place]  # (F, T): what each tag adds
    by_tags = shares.sum(axis=1)
    by_looks = _looks(films, place)
    together = (by_tags + by_looks) / 2
    order = sorted(range(len(films)), key=lambda n: (-together[n], films[n].film_id))
    return [
        Likeness(
            films[n].film_id,
            float(together[n]),
            float(by_tags[n]),
            float(by_looks[n]),
            tuple(tags[t] for t in np.argsort(-shares[n], kind="stable")[:BECAUSE] if shares[n, t]),
        )
        for n in order
        if n != place
    ][:most]


def _weighted(films: Sequence[Profile], tags: Sequence[str]) -> Table:
    coverages = np.array([[film.coverages.get(tag, 0.0) for tag in tags] for film in films])
    coverages = coverages.reshape(len(films), len(tags))
    shown = (coverages > 0).sum(axis=0)
    return _unit(np.sqrt(coverages) * np.log1p(len(films) / np.maximum(shown, 1)))


def _looks(films: Sequence[Profile], place: int) -> Table:
    looks = _unit(expanded([film.embedding for film in films]).astype(np.float64))
    if len(films) > 2:  # the mean of two lies between them, and tells nothing
        looks = _unit(looks - looks.mean(axis=0))
    result: Table = looks @ looks[place]
    return result


def _unit(rows: Table) -> Table:
    result: Table = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return result
