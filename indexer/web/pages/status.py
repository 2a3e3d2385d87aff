"""Status: what there is, what is being done, how folders are watched, and what failed."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db import status, work
from ....db.daemons import Told
from ....db.records import Role
from ...owner import lives
from ...watch.report import Report, loads
from ..desk import Here
from ..identity import Reader
from ..rendering import pages_of

STATES = ("running", "queued", "failed")
MOST_JOBS = 200

router = APIRouter(include_in_schema=False)


@router.get("/status")
def page(request: Request, desk: Here, who: Reader) -> Response:
    """Show the state of the library and of the work."""
    with desk.store.reading() as db:
        found = status.read(db, lives)
        jobs = work.listed(db, STATES)
    values: dict[str, Any] = {
        "status": found,
        "daemons": _reports(found.daemons),
        "jobs": jobs[:MOST_JOBS],
        "more_jobs": max(0, len(jobs) - MOST_JOBS),
        "may_retry": who.may(Role.REVIEWER),
    }
    return pages_of(request).page("status.html", who, values)


def _reports(told: Iterable[Told]) -> list[Report]:
    """Read what daemons told; one of another version is passed over, as it cannot be read."""
    reports = []
    for one in told:
        with suppress(ValueError, TypeError):
            reports.append(loads(one.report))
    return reports
