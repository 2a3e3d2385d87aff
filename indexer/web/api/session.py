"""Who one is here, and what must come with every change."""

from fastapi import APIRouter
from pydantic import BaseModel

from ....db.records import Role
from ..identity import Reader

router = APIRouter(tags=["session"])


class Session(BaseModel):
    """Whoever asks, as the audit would name them; `csrf` goes into X-CSRF-Token."""

    name: str
    role: Role
    csrf: str


@router.get("/session")
def session(who: Reader) -> Session:
    """Say who asks."""
    return Session(name=who.name, role=who.role, csrf=who.csrf)
