"""The review queue: the span where a decision is worth most, with what came before and after."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ....db import films, reviews, runs, stills
from ....db.records import Role, Span
from ....db.store import Connection
from ...moderation.documents import span_row
from ...moderation.worth import Waiting
from ..desk import Here
from ..identity import Reader
from ..queue import Queue
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .said import review_line
from .shared import address, policy_names

# A frame every two seconds of the span, six at most; two on either side.
EVERY_US, MOST = 2_000_000, 6
ASIDE_US = (1_000_000, 4_000_000)
SAID = 8

Skipped = Annotated[int, Query(ge=0, le=100_000)]
router = APIRouter(include_in_schema=False)


@router.get("/review")
def review(
    request: Request,
    desk: Here,
    who: Reader,
    policy: str = "",
    skip: Skipped = 0,
) -> Response:
    """Show the next span that waits for whoever asks."""
    values: dict[str, Any] = {"policy": policy, "policies": policy_names(desk)}
    with desk.store.reading() as db:
        found = Queue((), 0, 0)
        if policy:
            found = desk.queues.of(db, desk.policies.named(db, policy), who.name)
        values |= _case(db, found.items, skip, policy)
        values["unread"] = found.flagged - found.judged
        said = [review_line(one) for one in reversed(reviews.listed(db)[-SAID:])]
        values["said"] = said
        values["titles"] = films.titles(db, {one["film_id"] for one in said})
    values["may_review"] = who.may(Role.REVIEWER)
    return pages_of(request).page("review.html", who, values)


def _case(db: Connection, found: Sequence[Waiting], skip: int, policy: str) -> dict[str, Any]:
    asked = {"policy": policy}
    values: dict[str, Any] = {
        "span": None,
        "skipped": min(skip, len(found)),
        "waiting": len(found),
        "number": skip + 1,
        "prev": address("/review", asked | {"skip": min(skip, len(found)) - 1}) if skip else None,
        "next": address("/review", asked | {"skip": skip + 1}),
    }
    if skip >= len(found):
        return values
    one = found[skip]
    subject = one.verdict.film
    about = {"film_id": subject.film_id, "title": subject.title}
    facts = runs.of_film(films.read(db, subject.film_id)).facts
    values["film"] = {"frame_rate": facts.frame_rate, "duration_us": facts.duration_us}
    values["sensitive"] = sorted(SENSITIVE)
    values["span"] = span_row(one.found) | about
    return values | _frames(db, subject.film_id, one)


def _frames(db: Connection, film_id: int, one: Waiting) -> dict[str, Any]:
    span = one.found.span
    end_us = one.verdict.basis.duration_us if one.verdict.basis else span.end_us
    before = [span.start_us - away for away in reversed(ASIDE_US) if away <= span.start_us]
    after = [span.end_us + away for away in ASIDE_US if span.end_us + away < end_us]
    sides = {"before": before, "within": within(span), "after": after}
    return {name: _shown(db, film_id, times) for name, times in sides.items()}


def within(span: Span) -> list[int]:
    """Choose the times at which a span is shown: the middles of equal parts."""
    parts = max(1, min(MOST, -(-span.length_us // EVERY_US)))
    return [span.start_us + span.length_us * (2 * n + 1) // (2 * parts) for n in range(parts)]


def _shown(db: Connection, film_id: int, times_us: Sequence[int]) -> list[dict[str, Any]]:
    found = stills.at(db, film_id, times_us, SENSITIVE)
    return [{"at_us": one.at_us, "sensitive": one.tags} for one in found]
