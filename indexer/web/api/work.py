"""How the library and the work stand, and what a person may do to a job."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ....db import films, jobs, status, work
from ....db.tables import JOB_STATES
from ...owner import lives
from ...standing import job_row, reports, status_row
from ...wall import wall_clock_us
from ..desk import Here
from ..identity import Administrator
from ..problems import Refused
from .shapes import Cursor, FilmId, Limit

OPEN_STATES = ("running", "queued", "failed")
router = APIRouter(tags=["work"])


@router.get("/status")
def how_it_stands(desk: Here) -> dict[str, Any]:
    """Say what is indexed, by which model, on what; what daemons do; and what has failed."""
    with desk.store.reading() as db:
        now = status.read(db, lives, wall_clock_us())
        size = desk.store.size_bytes(db)
    return status_row(now, reports(now.daemons), desk.settings.database.path, size)


class JobPage(BaseModel):
    """Some jobs: what runs, then the queue in its order, then what has failed."""

    items: list[dict[str, Any]]
    next: str | None


@router.get("/jobs")
def list_jobs(
    desk: Here,
    state: Annotated[list[str] | None, Query(max_length=4)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobPage:
    """List the work. Without a `state`, all that is not yet done."""
    wanted = tuple(state or OPEN_STATES)
    if wrong := [one for one in wanted if one not in JOB_STATES]:
        detail = f"no job is {wrong[0]!r}; there are {', '.join(JOB_STATES)}"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    with desk.store.reading() as db:
        rows, following = work.page(db, wanted, limit, cursor)
    return JobPage(items=list(map(job_row, rows)), next=following)


@router.post("/jobs/{film_id}/retry", status_code=HTTPStatus.NO_CONTENT)
def retry(desk: Here, who: Administrator, film_id: FilmId) -> None:  # noqa: ARG001  who may
    """Queue a film again that has failed or waits, as if it had never been tried."""
    with desk.store.writing() as db:
        film = films.read(db, film_id)
        if not jobs.retry(db, film_id, wall_clock_us()):
            detail = f"{film.title}: no failed or waiting job"
            raise Refused(HTTPStatus.CONFLICT, detail)
