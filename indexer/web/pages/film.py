"""A film: its picture over the timeline, what a policy says of it, and what people said."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db import films, reviews
from ....db.records import Failed, Film, Indexed, Role, show_path
from ....db.store import Connection
from ...documents import film_row, film_tag_row
from ...judging import Judge
from ...moderation.documents import span_row
from ...moderation.policy import Policy
from ..api.shapes import FilmId
from ..desk import Here
from ..identity import Reader
from ..rendering import pages_of
from ..sensitive import SENSITIVE
from .said import review_line
from .shared import policy_names

router = APIRouter(include_in_schema=False)


@router.get("/films/{film_id}")
def film(request: Request, desk: Here, who: Reader, film_id: FilmId, policy: str = "") -> Response:
    """Show one film."""
    with desk.store.reading() as db:
        found = films.read(db, film_id)
        said = [review_line(one) for one in reversed(reviews.of_film(db, film_id))]
        judged = _judged(db, desk.policies.named(db, policy), found) if policy else None
    values = {
        "film": _identity(found),
        "seen": _seen(found),
        "judged": judged,
        "said": said,
        "policy": policy,
        "policies": policy_names(desk),
        "sensitive": sorted(SENSITIVE),
        "veiled": any(tag.tag in SENSITIVE for tag in found.tags),
        "may_review": who.may(Role.REVIEWER),
    }
    return pages_of(request).page("film.html", who, values)


def _identity(found: Film) -> dict[str, Any]:
    reason = found.state.reason if isinstance(found.state, Failed) else None
    return {
        "id": found.id,
        "title": found.title,
        "paths": [show_path(path) for path in found.paths],
        "fingerprint": found.identity.fingerprint,
        "state": type(found.state).__name__.lower(),
        "reason": reason,
    }


def _seen(found: Film) -> dict[str, Any] | None:
    """Describe the current run; tags that are present first, then the strongest."""
    if not isinstance(found.state, Indexed):
        return None
    ranked = sorted(found.tags, key=lambda tag: (not tag.present, -tag.peak, tag.tag))
    return film_row(found, found.state) | {
        "tags": [film_tag_row(tag) for tag in ranked],
        "provider": found.state.provider,
    }


def _judged(db: Connection, by: Policy, found: Film) -> dict[str, Any]:
    verdict = Judge(by).examine(db, found).verdict
    spans = sorted(verdict.spans, key=lambda one: (one.span, one.tag))
    return {
        "verdict": verdict.outcome.value,
        "reasons": verdict.reasons,
        "spans": [span_row(one) for one in spans],
    }
