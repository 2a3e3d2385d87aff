"""Shots, wherever they are: by what is seen in them."""

from fastapi import APIRouter
from pydantic import BaseModel

from ....db import search
from ....db.hits import ShotHit
from ....db.ordering import BEST_FIRST, read_order
from ....db.query_parser import parse
from ...documents import DIGITS
from ..desk import Here
from .shapes import Counted, Cursor, Limit, OrderText, QueryText

router = APIRouter(prefix="/shots", tags=["shots"])


class ShotItem(BaseModel):
    """A shot that was found; `why` are the asked tags' probabilities. `shot` counts from 1."""

    film_id: int
    title: str
    shot: int
    start_us: int
    end_us: int
    why: dict[str, float]


class ShotPage(BaseModel):
    """Some shots in order; `next` is the cursor of the page after this one."""

    items: list[ShotItem]
    next: str | None
    total: Counted


@router.get("")
def find_shots(
    desk: Here,
    query: QueryText,
    order: OrderText = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ShotPage:
    """Find the shots that a query is true of."""
    with desk.store.reading() as db:
        vocabulary = search.vocabulary(db)
        asked = parse(query, vocabulary)
        by = BEST_FIRST if order is None else read_order(order, vocabulary, shots=True)
        page = search.search_shots(db, asked, limit=limit, cursor=cursor, order=by)
        total = search.count_shots(db, asked)
    items = list(map(_item, page.hits))
    return ShotPage(items=items, next=page.next_cursor, total=Counted.of(total))


def _item(hit: ShotHit) -> ShotItem:
    return ShotItem(
        film_id=hit.film_id,
        title=hit.title,
        shot=hit.ordinal + 1,
        start_us=hit.span.start_us,
        end_us=hit.span.end_us,
        why={tag: round(probability, DIGITS) for tag, probability in hit.probabilities},
    )
