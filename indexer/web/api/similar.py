"""Shots that look like one, wherever they are."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ....db import embeddings, films, runs
from ....db.embeddings import ShotPlace
from ....db.errors import StoreError
from ....db.films import MAX_ID
from ....db.store import Connection
from ...similar import direction, nearest
from ..desk import Here
from ..problems import Refused
from .shapes import Limit, TimeUs

# As in ..documents: what tells two cosines apart.
DIGITS = 5
router = APIRouter(prefix="/shots", tags=["shots"])


class SimilarShot(BaseModel):
    """A shot and how much it looks like the one that was asked for: the cosine of embeddings."""

    film_id: int
    title: str
    shot: int
    start_us: int
    end_us: int
    similarity: float


@router.get("/similar")
def similar_shots(
    desk: Here,
    film: Annotated[int, Query(ge=1, le=MAX_ID, description="A film's number.")],
    at_us: TimeUs,
    limit: Limit = 50,
) -> list[SimilarShot]:
    """Find the shots that look most like the one at a time of a film, which is the first of them.

    Every shot of the library is compared.
    """
    with desk.store.reading() as db:
        return _found(db, film, at_us, limit)


def _found(db: Connection, film_id: int, at_us: int, limit: int) -> list[SimilarShot]:
    run = runs.of_film(films.read(db, film_id))
    try:
        shot_id, vector = embeddings.nearest_in_time(db, run.run_id, at_us)
    except StoreError as error:  # the film is over by then, or nothing was seen there
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error
    library = embeddings.of_library(db, runs.model_of(db, run.run_id).backbone)
    found = dict(nearest(library, direction(vector), limit))
    ranked = dict.fromkeys([shot_id, *found])
    places = embeddings.places(db, list(ranked))
    rows = [(places[one], found.get(one, 1.0)) for one in ranked if one in places]
    return [_row(place, cosine) for place, cosine in rows[:limit]]


def _row(place: ShotPlace, cosine: float) -> SimilarShot:
    return SimilarShot(
        film_id=place.film_id,
        title=place.title,
        shot=place.ordinal + 1,
        start_us=place.span.start_us,
        end_us=place.span.end_us,
        similarity=round(cosine, DIGITS),
    )
