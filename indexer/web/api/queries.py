"""Queries while they are being written: how they could go on, and how many they would find."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ....db import browsing, completing, search
from ... import searching
from ..desk import Here
from .shapes import Counted, QueryText

router = APIRouter(prefix="/query", tags=["query"])


class CompletionItem(BaseModel):
    """What could be written, and what it is: tag, group, function, field or comparison."""

    text: str
    kind: str


class Completed(BaseModel):
    """What could stand between two places of the text, the likeliest first."""

    start: int
    end: int
    items: list[CompletionItem]


@router.get("/complete")
def complete(
    desk: Here,
    text: QueryText,
    cursor: Annotated[int | None, Query(ge=0, le=2000, description="Where one writes.")] = None,
) -> Completed:
    """Say how a query could go on at a place, or at its end."""
    with desk.store.reading() as db:
        vocabulary = search.vocabulary(db)
    found = completing.complete(text, len(text) if cursor is None else cursor, vocabulary)
    items = [CompletionItem(text=one.text, kind=one.kind) for one in found.items]
    return Completed(start=found.start, end=found.end, items=items)


class Counts(BaseModel):
    """How many films and shots a query is true of."""

    films: Counted
    shots: Counted | None


@router.get("/count")
def count(desk: Here, query: QueryText = "", shots: bool = False) -> Counts:
    """Count the films that a query is true of, and the shots if that is asked."""
    if not query.strip() and not shots:
        with desk.store.reading() as db:
            return Counts(films=Counted.of(browsing.count(db)), shots=None)
    films, of_shots = desk.seekers.do(searching.Counted(query, shots))
    return Counts(films=Counted.of(films), shots=None if of_shots is None else Counted.of(of_shots))
