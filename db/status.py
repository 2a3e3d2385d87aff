"""The library in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from . import daemons, jobs, places
from .daemons import Told
from .tables import film, index_run, job, model

FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Status:
    """What there is, and what there is to do.

    `runs` are (model and version, digest, provider, films); `failures` the latest, (title, reason);
    `missing` counts films that are nowhere; `daemons` is what those that live told last.
    """

    films: int
    shots: int
    duration_us: int
    jobs: Mapping[str, int]
    runs: tuple[tuple[str, str, str, int], ...]
    failures: tuple[tuple[str, str], ...]
    missing: int
    paused_since_us: int | None
    daemons: tuple[Told, ...]


def read(connection: sa.Connection, lives: jobs.Lives, now_us: int) -> Status:
    """Count what is in the library now; `lives` tells whether the owner of a claim still does."""
    current = film.join(index_run, index_run.c.id == film.c.current_run_id)
    by_model = connection.execute(
        sa.select(
            model.c.name + " " + model.c.version,
            model.c.digest,
            index_run.c.provider,
            sa.func.count(),
            sa.func.sum(index_run.c.shots),
            sa.func.sum(index_run.c.duration_us),
        )
        .select_from(current.join(model, model.c.id == index_run.c.model_id))
        .group_by(model.c.id, index_run.c.provider)
        .order_by(model.c.id)
    ).all()
    failures = connection.execute(
        sa.select(film.c.title, job.c.reason)
        .join(job, job.c.film_id == film.c.id)
        .where(job.c.state == "failed")
        .order_by(job.c.changed_us.desc())
        .limit(FAILURES_SHOWN)
    )
    return Status(
        films=films(connection),
        shots=sum(int(row[4]) for row in by_model),
        duration_us=sum(int(row[5]) for row in by_model),
        jobs=jobs.counts(connection, lives),
        runs=tuple((name, digest, how, n) for name, digest, how, n, _, _ in by_model),
        failures=tuple(failures),
        missing=places.missing(connection),
        paused_since_us=daemons.paused_since_us(connection),
        daemons=tuple(daemons.living(connection, lives, now_us)),
    )


def films(connection: sa.Connection) -> int:
    """Count the films that are known."""
    return connection.execute(sa.select(sa.func.count()).select_from(film)).scalar_one()
