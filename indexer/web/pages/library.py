"""The library: films in rows, by a query, in an order, page by page."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db import films, search, stills
from ....db.errors import QueryError
from ....db.ordering import BEST_FIRST, Order, read_order
from ....db.query import Comparison, Duration, Query
from ....db.query_parser import parse
from ....db.records import Failed, Film, Indexed
from ....db.store import Connection
from ....db.vocabulary import Vocabulary
from ...judging import Judge
from ..desk import Here
from ..identity import Reader
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .shared import address, chosen, policy_names

ORDERS = (
    ("", "best match"),
    ("title", "title"),
    ("duration desc", "longest"),
    ("duration asc", "shortest"),
    ("indexed desc", "indexed last"),
    ("added desc", "added last"),
)
ROWS, FRAMES, TAGS = 40, 4, 6
EVERY = Query(Duration(Comparison.AT_LEAST, 0))

router = APIRouter(include_in_schema=False)


@router.get("/")
def library(
    request: Request,
    desk: Here,
    who: Reader,
    query: str = "",
    order: str = "",
    policy: str = "",
    cursor: str | None = None,
) -> Response:
    """Show films that a query is true of."""
    asked = {"query": query, "order": order, "policy": policy}
    values: dict[str, Any] = {"films": (), "next": None, "total": "", "mistake": ""}
    with desk.store.reading() as db:
        try:
            values |= _found(db, asked, cursor)
        except QueryError as error:
            values["mistake"] = str(error)
        by = chosen(db, desk.settings, policy)
        if by is not None:
            judge = Judge(by)
            for row in values["films"]:
                row["verdict"] = judge.examine(db, row["film"]).verdict.outcome.value
    values |= asked | {"orders": ORDERS, "policies": policy_names(desk.settings)}
    return pages_of(request).page("library.html", who, values)


def _found(db: Connection, asked: Mapping[str, str], cursor: str | None) -> dict[str, Any]:
    vocabulary = search.vocabulary(db)
    query = parse(asked["query"], vocabulary) if asked["query"].strip() else EVERY
    page = search.search_films(
        db, query, limit=ROWS, cursor=cursor, order=_order(asked["order"], vocabulary)
    )
    found = [films.read(db, hit.film_id) for hit in page.hits]
    shots = {one.id: one.state.shots for one in found if isinstance(one.state, Indexed)}
    posters = stills.posters(db, shots, FRAMES, SENSITIVE)
    onward = None if page.next_cursor is None else asked | {"cursor": page.next_cursor}
    return {
        "films": [_row(one, posters.get(one.id, ()), asked["policy"]) for one in found],
        "total": search.count_films(db, query),
        "next": None if onward is None else address("/", onward),
    }


def _order(text: str, vocabulary: Vocabulary) -> Order:
    return read_order(text, vocabulary, shots=False) if text else BEST_FIRST


def _row(one: Film, poster: tuple[stills.Still, ...], policy: str) -> dict[str, Any]:
    run = one.state if isinstance(one.state, Indexed) else None
    present = [tag for tag in one.tags if tag.present]
    return {
        "film": one,
        "id": one.id,
        "title": one.title,
        "state": type(one.state).__name__.lower(),
        "reason": one.state.reason if isinstance(one.state, Failed) else None,
        "duration_us": None if run is None else run.facts.duration_us,
        "precision": None if run is None else run.settings.precision.value,
        "tags": sorted(present, key=lambda tag: -tag.relevance)[:TAGS],
        "verdict": None,
        "poster": [
            {"at_us": still.at_us, "sensitive": still.tags, "href": _film(one, policy, still.at_us)}
            for still in poster
        ],
        "href": _film(one, policy, None),
    }


def _film(one: Film, policy: str, at_us: int | None) -> str:
    return address(f"/films/{one.id}", {"policy": policy, "at_us": at_us})
