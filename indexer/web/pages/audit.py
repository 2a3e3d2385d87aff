"""The audit as a list, the latest first."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ....db import audit
from ....db.audit import Entry
from ....db.tables import AUDIT_KINDS
from ..desk import Here
from ..filters import clock
from ..identity import Reader
from ..rendering import pages_of
from .shared import address

ROWS = 100

router = APIRouter(include_in_schema=False)


@router.get("/audit")
def page(
    request: Request,
    desk: Here,
    who: Reader,
    kind: str = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show what was decided and recorded."""
    with desk.store.reading() as db:
        entries = audit.entries(db, kind or None)
    earlier = [one for one in entries if before is None or one.number < before]
    shown = earlier[-ROWS:]
    more = len(earlier) > len(shown)
    values = {
        "rows": [_line(one) for one in reversed(shown)],
        "kinds": AUDIT_KINDS,
        "kind": kind,
        "next": address("/audit", {"kind": kind, "before": shown[0].number}) if more else None,
    }
    return pages_of(request).page("audit.html", who, values)


def _line(entry: Entry) -> dict[str, Any]:
    body = json.loads(entry.body)
    return {
        "number": entry.number,
        "made_us": entry.made_us,
        "kind": entry.kind,
        "about": body.get("title") or entry.subject[:16],
        "words": _words(entry.kind, body),
    }


def _words(kind: str, body: dict[str, Any]) -> str:
    if kind == "review" and "decision" in body:
        span = f"{clock(body['start_us'], 1)} to {clock(body['end_us'], 1)}"
        note = f": {body['note']}" if body.get("note") else ""
        return f"{body['reviewer']}, {body['decision']}, {body['tag']}, {span}{note}"
    if kind == "verdict":
        return f"{body['verdict']} under {body['policy']}, {body['spans']} spans"
    return ", ".join(f"{key} {body[key]}" for key in ("name", "version", "format") if key in body)
