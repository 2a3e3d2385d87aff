"""Shots, wherever they are: by what is seen in them, or by what they look like."""

import shutil
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from pydantic import BaseModel

from ....db import films, runs
from ....db.errors import (
    IndexFault,
    LimitError,
    MediaError,
    ModelError,
    StoreError,
    WorkerError,
)
from ....db.films import MAX_ID
from ....db.hits import ShotHit
from ....db.store import Connection
from ...documents import DIGITS
from ...near.looking import Look, alike, index_at, of_film, of_picture
from ...searching import Question, Wanted
from ..desk import Desk, Here
from ..problems import Refused
from .shapes import Counted, Cursor, Limit, NearMisses, OrderText, QueryText, TimeUs, Why, WithNear

router = APIRouter(prefix="/shots", tags=["shots"])


class ShotItem(BaseModel):
    """A shot that was found; `shot` counts from 1.

    `why` are the asked tags' probabilities, `terms` those of the query that hold.
    """

    film_id: int
    title: str
    shot: int
    start_us: int
    end_us: int
    why: dict[str, float]
    terms: list[Why]


class ShotPage(BaseModel):
    """Some shots in order; `next` is the cursor of the page after this one."""

    items: list[ShotItem]
    next: str | None
    total: Counted
    near_misses: NearMisses | None


@router.get("")
def find_shots(
    desk: Here,
    query: QueryText,
    order: OrderText = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    near: WithNear = False,
) -> ShotPage:
    """Find the shots that a query is true of."""
    question = Question(query, shots=True, order=order or "")
    answer = desk.seekers.do(Wanted(question, limit, cursor, near))
    items = [_item(hit) for hit in answer.page.hits if isinstance(hit, ShotHit)]
    missed, total = NearMisses.of(answer.near), Counted.of(answer.total)
    return ShotPage(items=items, next=answer.page.next_cursor, total=total, near_misses=missed)


class SimilarItem(BaseModel):
    """A shot that looks alike: `similarity` is the cosine between embeddings."""

    film_id: int
    title: str
    shot: int
    start_us: int
    end_us: int
    similarity: float


class SimilarShots(BaseModel):
    """Shots that look alike, the most similar first."""

    items: list[SimilarItem]


@router.get("/similar")
def similar_to_shot(
    desk: Here,
    film: Annotated[int, Query(ge=1, le=MAX_ID, description="A film's number.")],
    at_us: TimeUs,
    limit: Limit = 20,
    other_films: Annotated[bool, Query(description="Leave the film's own shots out.")] = False,
) -> SimilarShots:
    """Find the shots that look most like the shot of a film at a time."""
    with desk.store.reading() as db:
        asked = films.read(db, film)
        runs.of_film(asked)
        try:
            look = of_film(db, asked, at_us)
        except StoreError as error:  # the film is over by then, or nothing was seen there
            raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error
        return _alike(desk, db, look, limit, other_films=other_films)


@router.post("/similar")
def similar_to_picture(
    desk: Here,
    picture: Annotated[UploadFile, File(description="JPEG, PNG, WebP or BMP, up to 10 MB.")],
    limit: Limit = 20,
) -> SimilarShots:
    """Find the shots that look most like a picture, which is decoded in a child, and not kept."""
    with desk.pictures.one(), NamedTemporaryFile(prefix="filmdex-") as file:
        shutil.copyfileobj(picture.file, file)
        file.flush()
        with desk.store.reading() as db:
            look = _look_at(db, desk, Path(file.name))
            return _alike(desk, db, look, limit)


def _look_at(db: Connection, desk: Desk, picture: Path) -> Look:
    try:
        return of_picture(db, desk.settings.model, picture)
    except (MediaError, LimitError, WorkerError) as error:
        # What the child was told to open is nobody's business.
        said = str(error).replace(f"{picture}: ", "")
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"the picture: {said}") from error
    except ModelError as error:  # none that is here, and so nothing to wait for
        raise Refused(HTTPStatus.CONFLICT, str(error)) from error


def _alike(
    desk: Desk, db: Connection, look: Look, most: int, *, other_films: bool = False
) -> SimilarShots:
    index = None
    # Without the index every shot is compared: the same answer, only later.
    with suppress(ModuleNotFoundError, IndexFault):
        index = index_at(desk.settings.database.beside, look.backbone)
    done = alike(db, index, look, most, other_films=other_films)
    return SimilarShots(items=[SimilarItem.model_validate(row) for row in done.rows])


def _item(hit: ShotHit) -> ShotItem:
    return ShotItem(
        film_id=hit.film_id,
        title=hit.title,
        shot=hit.ordinal + 1,
        start_us=hit.span.start_us,
        end_us=hit.span.end_us,
        why={tag: round(probability, DIGITS) for tag, probability in hit.probabilities},
        terms=[Why(term=one.term, found=one.found) for one in hit.why],
    )
