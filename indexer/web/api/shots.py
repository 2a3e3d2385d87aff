"""Shots, wherever they are: by what is seen in them."""

from fastapi import APIRouter
from pydantic import BaseModel

from ....db.hits import ShotHit
from ...documents import DIGITS
from ...searching import Asked, Question
from ..desk import Here
from .shapes import Counted, Cursor, Limit, NearMisses, OrderText, QueryText, Why

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
) -> ShotPage:
    """Find the shots that a query is true of."""
    question = Question(query, shots=True, order=order or "")
    with desk.store.reading() as db:
        answer = Asked.of(db, desk.settings, question).answer(db, limit=limit, cursor=cursor)
    items = [_item(hit) for hit in answer.page.hits if isinstance(hit, ShotHit)]
    near = NearMisses.of(answer.near)
    total = Counted.of(answer.total)
    return ShotPage(items=items, next=answer.page.next_cursor, total=total, near_misses=near)


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
