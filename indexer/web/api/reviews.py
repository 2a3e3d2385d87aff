"""Deciding: what waits, saying something of it, taking that back, and the record of it all."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from ....db import audit, films, reviews
from ....db.cursors import cursor_place, cursor_text
from ....db.errors import UnknownError
from ....db.films import MAX_ID
from ....db.records import Decision, Role
from ....db.store import Connection
from ....db.tables import AUDIT_KINDS
from ...judging import Keeper
from ...moderation.documents import review_row, waiting_row
from ...reviewing import read_decisions
from ...wall import wall_clock_us
from ..desk import Desk, Here
from ..identity import Reviewer
from ..problems import Refused
from .shapes import Cursor, Limit, PolicyName

LONGEST_NOTE = 2000
AUDITED = "|".join(AUDIT_KINDS)
router = APIRouter(tags=["reviews"])

Time = Annotated[int, Field(ge=0, le=MAX_ID, strict=True)]


class Queue(BaseModel):
    """What waits, worthiest first, among the `judged` of `flagged` films; ask on for the others."""

    items: list[dict[str, Any]]
    judged: int
    flagged: int


@router.get("/reviews/next")
def following(
    desk: Here,
    who: Reviewer,
    policy: PolicyName,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Queue:
    """Name the spans that wait for whoever asks: those first where a decision is worth most."""
    with desk.store.reading() as db:
        found = desk.queues.of(db, desk.policies.named(db, policy), who.name)
    items = list(map(waiting_row, found.items[:limit]))
    return Queue(items=items, judged=found.judged, flagged=found.flagged)


class Said(BaseModel):
    """A decision on a span of a film; `ruled` is where the tag is, if the decision is to adjust.

    Who decides is known from who asks, and is no part of this.
    """

    model_config = ConfigDict(extra="forbid")

    film_id: int = Field(ge=1, le=MAX_ID)
    tag: str = Field(min_length=1, max_length=200)
    start_us: Time
    end_us: Time
    decision: Decision
    ruled_start_us: Time | None = None
    ruled_end_us: Time | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)


@router.post("/reviews", status_code=HTTPStatus.CREATED)
def decide(desk: Here, who: Reviewer, said: Annotated[Said, Body()]) -> dict[str, Any]:
    """Keep a decision, under the name of whoever asks."""
    record = said.model_dump(mode="json", exclude={"film_id"}, exclude_none=True)
    with desk.store.reading() as db:
        _refuse_unknown(desk, db, said.tag)
        films.read(db, said.film_id)
        text = json.dumps(record | {"film": said.film_id})
        [decided] = read_decisions(db, text, who.name)
    keeper = Keeper.of(desk.store, desk.settings)
    kept = keeper.opinion(decided.opinion, decided.fingerprint, wall_clock_us())
    return review_row(kept, decided.fingerprint)


def _refuse_unknown(desk: Desk, db: Connection, tag: str) -> None:
    if tag not in {facts.tag for facts in desk.policies.tags(db)}:
        raise UnknownError(f"there is no tag {tag!r}")


@router.post("/reviews/{review_id}/undo")
def take_back(
    desk: Here, who: Reviewer, review_id: Annotated[int, Path(ge=1, le=MAX_ID)]
) -> dict[str, Any]:
    """Have a decision count no longer: one's own, or anybody's for an administrator."""
    with desk.store.reading() as db:
        said = reviews.read(db, review_id)
        film = films.read(db, said.opinion.film_id)
        stands = any(one.id == review_id for one in reviews.of_film(db, film.id))
    if said.opinion.reviewer != who.name and not who.may(Role.ADMINISTRATOR):
        raise Refused(HTTPStatus.FORBIDDEN, f"it was {said.opinion.reviewer} who said that")
    if not stands:
        raise Refused(HTTPStatus.CONFLICT, "that was taken back before")
    keeper = Keeper.of(desk.store, desk.settings)
    taken = keeper.take_back(review_id, film.identity.fingerprint, who.name, wall_clock_us())
    return review_row(taken, film.identity.fingerprint)


class Entry(BaseModel):
    """One row of the audit; `mac` chains it to the one before."""

    number: int
    made_us: int
    kind: str
    subject: str
    body: dict[str, Any]
    mac: str


class AuditPage(BaseModel):
    """Some rows of the audit, newest first."""

    items: list[Entry]
    next: str | None


@router.get("/audit")
def list_audit(
    desk: Here,
    kind: Annotated[str | None, Query(pattern=f"^({AUDITED})$")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Read the record of what was decided, newest first."""
    name = f"audit {kind}"
    before = None if cursor is None else cursor_place(name, cursor, 1)[0]
    with desk.store.reading() as db:
        rows, more = audit.page(db, kind, limit, before if isinstance(before, int) else None)
    items = [
        Entry(
            number=row.number,
            made_us=row.made_us,
            kind=row.kind,
            subject=row.subject,
            body=json.loads(row.body),
            mac=row.mac,
        )
        for row in rows
    ]
    return AuditPage(items=items, next=cursor_text(name, [rows[-1].number]) if more else None)
