"""The audit as a list, the latest first."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ....db import films
from ....db.records import Decision
from ....db.tables import AUDIT_KINDS
from ..api.reviews import AUDITED, Entry, list_audit
from ..api.shapes import Cursor
from ..desk import Here
from ..filters import clock
from ..identity import Reader
from ..rendering import pages_of
from .shared import address

ROWS = 100
# Of a record that has no words of its own, what tells it from others.
TELLING = ("name", "version", "policy", "format", "reviewer", "path")

router = APIRouter(include_in_schema=False)


@router.get("/audit")
def page(
    request: Request,
    desk: Here,
    who: Reader,
    kind: Annotated[str, Query(pattern=f"^({AUDITED})?$")] = "",
    cursor: Cursor = None,
) -> Response:
    """Show what was decided and recorded."""
    found = list_audit(desk, kind or None, cursor, ROWS)
    named = {one.body["film"] for one in found.items if one.kind == "review"}
    with desk.store.reading() as db:
        titles = films.titles(db, named)
    onward = None if found.next is None else {"kind": kind, "cursor": found.next}
    values = {
        "rows": [_line(one, titles) for one in found.items],
        "kinds": AUDIT_KINDS,
        "kind": kind,
        "next": None if onward is None else address("/audit", onward),
    }
    return pages_of(request).page("audit.html", who, values)


def _line(entry: Entry, titles: Mapping[int, str]) -> dict[str, Any]:
    title = titles.get(entry.body["film"]) if entry.kind == "review" else entry.body.get("title")
    about = title or entry.subject
    return {
        "number": entry.number,
        "made_us": entry.made_us,
        "kind": entry.kind,
        "about": about if len(about) <= 64 else f"{about[:64]}…",
        "words": _words(entry.kind, entry.body),
    }


def _words(kind: str, body: dict[str, Any]) -> str:
    if kind == "review" and "decision" in body:
        span = f"{clock(body['start_us'], 1)} to {clock(body['end_us'], 1)}{_moved(body)}"
        note = f": {body['note']}" if body.get("note") else ""
        said = f"{body['reviewer']}: {body['decision']}, {body['tag']}, {span}{note}"
        return f"{by} took back what {said}" if (by := body.get("taken_back_by")) else said
    if kind == "verdict":
        spans = "1 span" if body["spans"] == 1 else f"{body['spans']} spans"
        return f"{body['verdict']} under {body['policy']}, {spans}"
    return ", ".join(f"{key} {body[key]}" for key in TELLING if key in body)


def _moved(body: dict[str, Any]) -> str:
    """Say where the tag is, if the decision was to adjust; a frame counts, so in thousandths."""
    if body["decision"] != Decision.ADJUST:
        return ""
    return f" is {clock(body['ruled_start_us'], 3)} to {clock(body['ruled_end_us'], 3)}"
