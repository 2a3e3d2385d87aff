"""The library: films in rows, by a query, in an order, page by page."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db import stills
from ....db.errors import QueryError
from ....db.stills import Still
from ..api.films import FilmItem, FilmPage, list_films
from ..api.shapes import Cursor, QueryText
from ..desk import Desk, Here
from ..identity import Reader
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .shared import address, policy_names

ORDERS = (
    ("", "as it fits"),
    ("title", "title"),
    ("duration desc", "longest first"),
    ("duration asc", "shortest first"),
    ("indexed desc", "indexed last"),
    ("added desc", "added last"),
)
ROWS, FRAMES = 40, 4

router = APIRouter(include_in_schema=False)


@router.get("/")
def library(
    request: Request,
    desk: Here,
    who: Reader,
    query: QueryText = "",
    order: str = "",
    policy: str = "",
    cursor: Cursor = None,
) -> Response:
    """Show the films that a query is true of, or all."""
    asked = {"query": query, "order": order, "policy": policy}
    values: dict[str, Any] = {"films": (), "next": None, "total": "", "mistake": "", "near": None}
    try:
        found = list_films(desk, query, order, cursor, ROWS, policy or None)
        if query and not found.items:  # only then it is worth its time to count near misses
            found = list_films(desk, query, order, cursor, ROWS, near=True)
    except QueryError as error:
        values["mistake"] = str(error)
    else:
        values |= _shown(desk, found, asked)
    values |= asked | {"orders": ORDERS, "policies": policy_names(desk)}
    return pages_of(request).page("library.html", who, values)


def _shown(desk: Desk, found: FilmPage, asked: dict[str, str]) -> dict[str, Any]:
    with desk.store.reading() as db:
        shots = {item.id: item.shots for item in found.items if item.shots}
        posters = stills.posters(db, shots, FRAMES, SENSITIVE)
    onward = None if found.next is None else asked | {"cursor": found.next}
    return {
        "films": [_row(item, posters.get(item.id, ()), asked["policy"]) for item in found.items],
        "near": found.near_misses,
        "total": f"{found.total.count:,}{'+' if found.total.capped else ''}",
        "next": None if onward is None else address("/", onward),
    }


def _row(item: FilmItem, poster: tuple[Still, ...], policy: str) -> dict[str, Any]:
    place = f"/films/{item.id}"
    return item.model_dump() | {
        "href": address(place, {"policy": policy}),
        "poster": [
            {
                "at_us": still.at_us,
                "sensitive": still.tags,
                "href": address(place, {"policy": policy, "at_us": still.at_us}),
            }
            for still in poster
        ],
    }
