"""Status: what there is, what is being done, how folders are watched, and what failed."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....db.records import Role
from ..api.work import how_it_stands, list_jobs
from ..desk import Here
from ..identity import Reader
from ..rendering import pages_of

MOST_JOBS = 100

router = APIRouter(include_in_schema=False)


@router.get("/status")
def page(request: Request, desk: Here, who: Reader) -> Response:
    """Show the state of the library and of the work."""
    jobs = list_jobs(desk, None, None, MOST_JOBS)
    values = {
        "status": how_it_stands(desk),
        "jobs": jobs.items,
        "more_jobs": jobs.next is not None,
        "may_retry": who.may(Role.ADMINISTRATOR),
    }
    return pages_of(request).page("status.html", who, values)
