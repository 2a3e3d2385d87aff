"""Search: shots that a query is true of, and those that look like one."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Request, UploadFile
from starlette.responses import Response

from ....db import films, stills
from ....db.errors import QueryError
from ....db.films import MAX_ID
from ..api.shapes import Cursor, QueryText, TimeUs
from ..api.shots import (
    ShotItem,
    SimilarItem,
    find_shots,
    similar_to_picture,
    similar_to_shot,
)
from ..desk import Desk, Here
from ..filters import clock
from ..identity import Reader
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .shared import address

SHOTS = 60

EMPTY: Mapping[str, Any] = {
    "query": "",
    "hits": (),
    "next": None,
    "total": "",
    "mistake": "",
    "like": None,
    "asked": None,
    "near": None,
}
LikeFilm = Annotated[int | None, Query(ge=1, le=MAX_ID, description="A film's number.")]

router = APIRouter(include_in_schema=False)


@router.get("/search")
def page(
    request: Request,
    desk: Here,
    who: Reader,
    query: QueryText = "",
    cursor: Cursor = None,
    like: LikeFilm = None,
    at_us: TimeUs = 0,
) -> Response:
    """Show shots that a query is true of, or those that look like the one at a time of a film."""
    values = dict(EMPTY)
    if like is not None:
        values |= _alike(desk, like, at_us)
    elif query.strip():
        try:
            values |= _found(desk, query, cursor)
        except QueryError as error:
            values["mistake"] = str(error)
    return pages_of(request).page("search.html", who, values | {"query": query})


def _found(desk: Desk, text: str, cursor: str | None) -> dict[str, Any]:
    found = find_shots(desk, text, "", cursor, SHOTS)
    if not found.items:  # only then it is worth its time to count near misses
        found = find_shots(desk, text, "", cursor, SHOTS, near=True)
    onward = None if found.next is None else {"query": text, "cursor": found.next}
    return {
        "hits": _hits(desk, found.items),
        "near": found.near_misses,
        "total": f"{found.total.count:,}{'+' if found.total.capped else ''}",
        "next": None if onward is None else address("/search", onward),
    }


@router.post("/search/picture")
def by_picture(
    request: Request,
    desk: Here,
    who: Reader,
    picture: Annotated[UploadFile, File()],
) -> Response:
    """Show shots that look like a picture; the script of the page sends it, with its token."""
    found = similar_to_picture(desk, picture, SHOTS)
    values = dict(EMPTY) | {"hits": _hits(desk, found.items), "like": "Shots like your picture"}
    return pages_of(request).page("search.html", who, values)


def _alike(desk: Desk, film_id: int, at_us: int) -> dict[str, Any]:
    found = similar_to_shot(desk, film_id, at_us, SHOTS)
    with desk.store.reading() as db:
        title = films.titles(db, [film_id])[film_id]
        [asked] = stills.at(db, film_id, [at_us], SENSITIVE)
    return {
        "hits": _hits(desk, found.items),
        "like": f"Shots like the one at {clock(at_us)} of {title}",
        "asked": {"film_id": film_id, "at_us": asked.at_us, "sensitive": asked.tags},
    }


def _hits(desk: Desk, some: Sequence[ShotItem | SimilarItem]) -> list[dict[str, Any]]:
    places = [(item.film_id, item.shot - 1) for item in some]
    with desk.store.reading() as db:
        pictures = stills.of_shots(db, places, SENSITIVE)
    return [
        item.model_dump() | {"at_us": still.at_us, "sensitive": still.tags}
        for item, place in zip(some, places, strict=True)
        if (still := pictures.get(place)) is not None
    ]
