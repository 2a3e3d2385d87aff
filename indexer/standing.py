"""How the library and the work stand: what `filmdex status` and the page tell."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ..db.address import Address
from ..db.daemons import Told
from ..db.status import Status
from ..db.work import JobRow
from .watch.report import Report, loads


def reports(told: Iterable[Told]) -> list[Report]:
    """Read what daemons told; one of another version is passed over, as it cannot be read."""
    found = []
    for one in told:
        with suppress(ValueError, TypeError):
            found.append(loads(one.report))
    return found


def status_row(
    now: Status, told: Iterable[Report], database: Address, size_bytes: int
) -> dict[str, Any]:
    """Describe how everything stands."""
    return {
        "database": str(database),
        "database_bytes": size_bytes,
        "films": now.films,
        "shots": now.shots,
        "duration_us": now.duration_us,
        "jobs": dict(now.jobs),
        "runs": [
            {"model": model, "digest": digest, "provider": provider, "films": count}
            for model, digest, provider, count in now.runs
        ],
        "failures": [{"title": title, "reason": reason} for title, reason in now.failures],
        "missing": now.missing,
        "paused_since_us": now.paused_since_us,
        "daemons": [asdict(report) for report in told],
    }


def job_row(one: JobRow) -> dict[str, Any]:
    """Describe one job."""
    return {
        "film": one.film_id,
        "title": one.title,
        "state": one.state,
        "priority": one.priority,
        "attempts": one.attempts,
        "deaths": one.deaths,
        "not_before_us": one.not_before_us or None,
        "changed_us": one.changed_us,
        "reason": one.reason,
    }
