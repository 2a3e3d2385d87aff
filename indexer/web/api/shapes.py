"""What several answers of the API are made of, and what their parameters may be."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel

from ....db.films import MAX_ID
from ....db.totals import Total
from ...searching import Near

MOST_ITEMS = 200

FilmId = Annotated[int, Path(ge=1, le=MAX_ID, description="A film's number.")]
TimeUs = Annotated[int, Query(ge=0, le=MAX_ID, description="A time in the film, microseconds.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="So many, at most.")]
Cursor = Annotated[
    str | None, Query(max_length=4000, description="Go on after the page that gave this.")
]
PolicyName = Annotated[str, Query(min_length=1, max_length=200, description="A policy's name.")]
QueryText = Annotated[
    str, Query(max_length=2000, description="A query: `violence>=0.6 -animation`.")
]
OrderText = Annotated[
    str | None, Query(max_length=500, description="An order: `duration desc, title`.")
]


WithNear = Annotated[bool, Query(description="Count what was nearly found, too.")]


class Counted(BaseModel):
    """How many there are; `capped` where there are more than were counted."""

    count: int
    capped: bool

    @classmethod
    def of(cls, total: Total) -> "Counted":
        """Say it as JSON."""
        return cls(count=total.count, capped=total.capped)


class NearMisses(BaseModel):
    """How many were nearly found, and the query that finds them too."""

    count: int
    capped: bool
    query: str | None

    @classmethod
    def of(cls, near: Near) -> "NearMisses | None":
        """Say it as JSON; nothing where it was not asked for, or there was too much to count."""
        if near.total is None:
            return None
        query = None if near.query is None else str(near.query)
        return cls(count=near.total.count, capped=near.total.capped, query=query)


class Why(BaseModel):
    """A term of the query that holds, and what was found there, in words."""

    term: str
    found: str


class TagItem(BaseModel):
    """A tag of a film: how relevant in it, for how many seconds and how much of it, how surely."""

    tag: str
    relevance: float
    weight: float
    coverage: float
    seconds: float
    peak: float
    present: bool
