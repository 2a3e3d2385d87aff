"""Whether the page works."""

from fastapi import APIRouter
from pydantic import BaseModel

from ....db import status
from ..desk import Here

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The page answers, and so does the library."""

    status: str


@router.get("/healthz")
def healthz(desk: Here) -> Health:
    """Say whether the library can be read; anybody may ask."""
    with desk.store.reading() as db:
        status.films(db)
    return Health(status="ok")
