"""What there is to do: the films that are due, in their order, and the list of jobs for people."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from . import jobs, places
from .ordering_sql import Key
from .records import US_PER_SECOND, Location, Precision, RunSettings
from .search import read_page
from .stored_paths import Reachable
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
    but: Collection[int] = (),
    not_below: Collection[bytes] = (),
) -> list[Due]:
    """Return up to `count` films that have no run as good as wanted and may be worked on now.

    Highest priority first, then in the order in which they came, those that run alone last; without
    the films in `but`, what lies below these folders, and what no root of this host leads to.
    Failed ones wait for a person or for other content, missing ones for their file.
    """
    found: list[Due] = []
    elsewhere = [sa.not_(places.is_below(folder)) for folder in not_below]
    query = _open_films(model_digest, settings, now_us).where(
        film.c.id.not_in(sorted(but)), *elsewhere
    )
    for row in connection.execute(query.limit(LOOK_AT)):
        held = row.state == "running" and jobs.is_held(row.owner, row.lease_us, lives, now_us)
        if held or any(one.film_id == row.id for one in found):
            continue
        place = Location(row.path, row.size, row.mtime_ns)
        deaths = (row.deaths or 0) + (row.state == "running")
        found.append(Due(row.id, place, deaths >= jobs.DEATHS_ALONE))
        if len(found) == count:
            break
    return found


def left(connection: sa.Connection, model_digest: str, settings: RunSettings) -> tuple[int, int]:
    """Return how many films are due, now or later, and how many bytes they have."""
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
        .where(
            location.c.missing_us.is_(None),
            Reachable(location.c.path),
            ready,
            _lacks(model_digest, settings),
        )
        .order_by(
            sa.func.coalesce(job.c.deaths, 0) >= jobs.DEATHS_ALONE,
            sa.func.coalesce(job.c.priority, 0).desc(),
            film.c.id,
            location.c.path,
        )
    )


def _lacks(model_digest: str, settings: RunSettings) -> sa.ColumnElement[bool]:
    """Whether the current run is not as good as wanted; an exact one is, for keyframes."""
    same = sa.and_(
        index_run.c.precision == settings.precision,
        index_run.c.settings == json.dumps(dict(settings.values)),
    )
    rough = settings.precision is not Precision.EXACT
    better = sa.and_(index_run.c.precision == Precision.EXACT, sa.literal(rough))
    meets = sa.and_(model.c.digest == model_digest, sa.or_(same, better))
    return sa.or_(index_run.c.id.is_(None), sa.not_(meets))


def _on_disk() -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(
            location.c.film_id == film.c.id,
            location.c.missing_us.is_(None),
            Reachable(location.c.path),
        )
        .correlate(film)
    )


def _not_failed() -> sa.ColumnElement[bool]:
    return sa.or_(job.c.film_id.is_(None), job.c.state != "failed")


def listed(connection: sa.Connection, states: Collection[str]) -> list[JobRow]:
    """List jobs in these states: what runs, then the queue in its order, then the rest."""
    ordered = (key.ordered for key in _LISTED_BY)
    return [JobRow(*row) for row in connection.execute(_listing(states).order_by(*ordered))]


def page(
    connection: sa.Connection, states: Collection[str], limit: int, cursor: str | None
) -> tuple[list[JobRow], str | None]:
    """Read `limit` jobs in the order of `listed`, and the cursor with which they go on.

    Raises CursorError.
    """
    search = f"jobs {sorted(states)}"
    rows, following = read_page(connection, _listing(states), _LISTED_BY, search, limit, cursor)
    return [JobRow(*row[: len(JobRow.__slots__)]) for row in rows], following


_LISTED_BY = (
    Key(sa.case({"running": 0, "queued": 1, "failed": 2}, value=job.c.state, else_=3)),
    Key(job.c.priority, descending=True),
    Key(film.c.id),
)


def _listing(states: Collection[str]) -> sa.Select[Any]:
    return (
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
        .where(job.c.state.in_(sorted(states)))
    )


def bytes_a_second(connection: sa.Connection) -> float | None:
    """Return how many bytes a second of film has, over all that is indexed."""
    size, length_us = connection.execute(
        sa.select(sa.func.sum(film.c.size), sa.func.sum(index_run.c.duration_us)).select_from(
            film.join(index_run, index_run.c.id == film.c.current_run_id)
        )
    ).one()
    return size / (length_us / US_PER_SECOND) if length_us else None


def failed_ids(connection: sa.Connection) -> list[int]:
    """Name the films whose job has failed."""
    return list(connection.scalars(sa.select(job.c.film_id).where(job.c.state == "failed")))
