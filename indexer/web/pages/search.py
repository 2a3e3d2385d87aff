"""Search: shots that a query is true of, and those that look like one."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db import search, stills
from ....db.errors import QueryError
from ....db.hits import ShotHit
from ....db.query_parser import parse
from ....db.store import Connection
from ..desk import Here
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
    query: str = "",
    cursor: str | None = None,
) -> Response:
    """Show shots that a query is true of."""
    values: dict[str, Any] = {"hits": (), "next": None, "total": "", "mistake": "", "like": None}
    if query.strip():
        with desk.store.reading() as db:
            try:
                values |= _found(db, query, cursor)
            except QueryError as error:
                values["mistake"] = str(error)
    return pages_of(request).page("search.html", who, values | {"query": query})


def _found(db: Connection, text: str, cursor: str | None) -> dict[str, Any]:
    query = parse(text, search.vocabulary(db))
    page = search.search_shots(db, query, limit=SHOTS, cursor=cursor)
    places = [(hit.film_id, hit.ordinal) for hit in page.hits]
    pictures = stills.of_shots(db, places, SENSITIVE)
    onward = None if page.next_cursor is None else {"query": text, "cursor": page.next_cursor}
    return {
        "hits": [_hit(hit, pictures) for hit in page.hits],
        "total": search.count_shots(db, query),
        "next": None if onward is None else address("/search", onward),
    }


def _hit(hit: ShotHit, pictures: Mapping[stills.ShotPlace, stills.Still]) -> dict[str, Any]:
    still = pictures[hit.film_id, hit.ordinal]
    return {
        "film_id": hit.film_id,
        "title": hit.title,
        "start_us": hit.span.start_us,
        "at_us": still.at_us,
        "sensitive": still.tags,
        "why": [{"name": name, "value": value} for name, value in hit.probabilities],
        "asked": False,
    }
