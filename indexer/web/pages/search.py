"""Search: shots that a query is true of, and those that look like one."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db import stills
from ....db.errors import QueryError
from ..api.shapes import Cursor, QueryText
from ..api.shots import ShotItem, find_shots
from ..desk import Desk, Here
from ..identity import Reader
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .shared import address

SHOTS = 60

router = APIRouter(include_in_schema=False)


@router.get("/search")
def page(
    request: Request,
    desk: Here,
    who: Reader,
    query: QueryText = "",
    cursor: Cursor = None,
) -> Response:
    """Show shots that a query is true of."""
    values: dict[str, Any] = {"hits": (), "next": None, "total": "", "mistake": "", "like": None}
    if query.strip():
        try:
            values |= _found(desk, query, cursor)
        except QueryError as error:
            values["mistake"] = str(error)
    return pages_of(request).page("search.html", who, values | {"query": query})


def _found(desk: Desk, text: str, cursor: str | None) -> dict[str, Any]:
    found = find_shots(desk, text, None, cursor, SHOTS)
    onward = None if found.next is None else {"query": text, "cursor": found.next}
    return {
        "hits": _hits(desk, found.items),
        "total": f"{found.total.count:,}{'+' if found.total.capped else ''}",
        "next": None if onward is None else address("/search", onward),
    }


def _hits(desk: Desk, items: Iterable[ShotItem]) -> list[dict[str, Any]]:
    some = list(items)
    places = [(item.film_id, item.shot - 1) for item in some]
    with desk.store.reading() as db:
        pictures = stills.of_shots(db, places, SENSITIVE)
    return [
        item.model_dump() | {"at_us": still.at_us, "sensitive": still.tags}
        for item, place in zip(some, places, strict=True)
        if (still := pictures.get(place)) is not None
    ]
