"""Search: shots that a query is true of, and those that look like one."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ....db import stills
from ....db.errors import QueryError
from ....db.films import MAX_ID
from ..api.shapes import Cursor, QueryText, TimeUs
from ..api.shots import ShotItem, find_shots
from ..api.similar import SimilarShot, similar_shots
from ..desk import Desk, Here
from ..filters import clock
from ..identity import Reader
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .shared import address

SHOTS = 60

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
    values: dict[str, Any] = {
        "hits": (),
        "next": None,
        "total": "",
        "mistake": "",
        "like": None,
        "near": None,
    }
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
    onward = None if found.next is None else {"query": text, "cursor": found.next}
    return {
        "hits": _hits(desk, found.items),
        "near": found.near_misses,
        "total": f"{found.total.count:,}{'+' if found.total.capped else ''}",
        "next": None if onward is None else address("/search", onward),
    }


def _alike(desk: Desk, film_id: int, at_us: int) -> dict[str, Any]:
    found = similar_shots(desk, film_id, at_us, SHOTS)
    words = f"Shots like the one at {clock(at_us)} of {found[0].title}" if found else "Shots alike"
    return {"hits": _hits(desk, found), "like": words}


def _hits(desk: Desk, some: Sequence[ShotItem | SimilarShot]) -> list[dict[str, Any]]:
    places = [(item.film_id, item.shot - 1) for item in some]
    with desk.store.reading() as db:
        pictures = stills.of_shots(db, places, SENSITIVE)
    return [
        item.model_dump() | {"at_us": still.at_us, "sensitive": still.tags}
        for item, place in zip(some, places, strict=True)
        if (still := pictures.get(place)) is not None
    ]
