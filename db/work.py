"""What there is to do: the films that are due, in their order, and the list of jobs for people."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from . import jobs
from .errors import StoreError
from .records import Location, Precision, RunSettings
from .tables import film, index_run, job, location, model

# Rows read at a time when looking for work: some of them may be held by others.
LOOK_AT = 200


@dataclass(frozen=True, slots=True)
class Due:
    """A film whose turn has come, where it lies; `alone`: with nothing beside it."""

    film_id: int
    location: Location
    alone: bool


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as people see it. `reason` is how the last attempt ended, if it ended badly."""

    film_id: int
    title: str
    state: str
    priority: int
    attempts: int
    deaths: int
    not_before_us: int
    changed_us: int
    reason: str | None


def due(
    connection: sa.Connection,
    model_digest: str,
    settings: RunSettings,
    lives: jobs.Lives,
    now_us: int,
    count: int,
    but: frozenset[int] = frozenset(),
) -> list[Due]:
    """Return up to `count` films that have no run as good as wanted and may be worked on now.

    Highest priority first, then in the order in which they came. Failed ones wait for a person or
    for other content, missing ones for their file.
    """
    found: list[Due] = []
    for row in connection.execute(_open_films(model_digest, settings, now_us).limit(LOOK_AT)):
        held = row.state == "running" and (
            row.lease_us > now_us if (seen := lives(row.owner)) is None else seen
        )
        if held or row.id in but or any(one.film_id == row.id for one in found):
            continue
        place = Location(row.path, row.size, row.mtime_ns)
        deaths = (row.deaths or 0) + (row.state == "running")
        found.append(Due(row.id, place, deaths >= jobs.DEATHS_ALONE))
        if len(found) == count:
            break
    return found


def left_us(connection: sa.Connection, model_digest: str, settings: RunSettings) -> tuple[int, int]:
    """Return how many films are due now or later, and how many bytes they have."""
    lacking = (
        sa.select(film.c.id, film.c.size)
        .select_from(_with_run())
        .where(_lacks(model_digest, settings), _on_disk(), _not_failed())
        .subquery()
    )
    count, size = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(lacking.c.size), 0))
    ).one()
    return count, size


def _with_run() -> sa.FromClause:
    return (
        film.outerjoin(job, job.c.film_id == film.c.id)
        .outerjoin(index_run, index_run.c.id == film.c.current_run_id)
        .outerjoin(model, model.c.id == index_run.c.model_id)
    )


def _open_films(
    model_digest: str, settings: RunSettings, now_us: int
) -> sa.Select[tuple[int, bytes, int, int, str | None, str | None, int | None, int | None]]:
    ready = sa.or_(
        job.c.film_id.is_(None),
        job.c.state.in_(("indexed", "running")),
        sa.and_(job.c.state == "queued", job.c.not_before_us <= now_us),
    )
    return (
        sa.select(
            film.c.id,
            location.c.path,
            location.c.size,
            location.c.mtime_ns,
            job.c.state,
            job.c.owner,
            job.c.lease_us,
            job.c.deaths,
        )
        .select_from(_with_run().join(location, location.c.film_id == film.c.id))
        .where(location.c.missing_us.is_(None), ready, _lacks(model_digest, settings))
        .order_by(sa.func.coalesce(job.c.priority, 0).desc(), film.c.id, location.c.path)
    )


def _lacks(model_digest: str, settings: RunSettings) -> sa.ColumnElement[bool]:
    """Whether the current run is not as good as wanted; an exact one is, for keyframes."""
    same = sa.and_(
        index_run.c.precision == settings.precision,
        index_run.c.settings == json.dumps(dict(settings.values)),
    )
    better = sa.and_(
        index_run.c.precision == Precision.EXACT, settings.precision != Precision.EXACT
    )
    meets = sa.and_(model.c.digest == model_digest, sa.or_(same, better))
    return sa.or_(index_run.c.id.is_(None), sa.not_(meets))


def _on_disk() -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(location.c.film_id == film.c.id, location.c.missing_us.is_(None))
        .correlate(film)
    )


def _not_failed() -> sa.ColumnElement[bool]:
    return sa.or_(job.c.film_id.is_(None), job.c.state != "failed")


def listed(connection: sa.Connection, states: tuple[str, ...]) -> list[JobRow]:
    """List jobs in these states: what runs, then the queue in its order, then the rest."""
    order = sa.case({"running": 0, "queued": 1, "failed": 2}, value=job.c.state, else_=3)
    rows = connection.execute(
        sa.select(
            film.c.id,
            film.c.title,
            job.c.state,
            job.c.priority,
            job.c.attempts,
            job.c.deaths,
            job.c.not_before_us,
            job.c.changed_us,
            job.c.reason,
        )
        .join(job, job.c.film_id == film.c.id)
        .where(job.c.state.in_(states))
        .order_by(order, job.c.priority.desc(), film.c.id)
    )
    return [JobRow(*row) for row in rows]


def failed_ids(connection: sa.Connection) -> list[int]:
    """Name the films whose job has failed."""
    return list(connection.scalars(sa.select(job.c.film_id).where(job.c.state == "failed")))


def changed(done: bool, title: str, what: str) -> None:
    """Refuse, by name, what could not be done to a job."""
    if not done:
        raise StoreError(f"{title}: there is no job to {what}; `filmdex jobs` lists them")
