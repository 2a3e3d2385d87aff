"""One row of work per film: who has it, and how the last attempt ended.

Transitions are guarded by their WHERE clauses: a claim that somebody else holds is not taken, and
only its owner may end it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from .errors import ClaimLostError
from .records import Failed
from .tables import JOB_STATES, job


@dataclass(frozen=True, slots=True)
class Claim:
    """A film that `owner` (boot id, pid, start time) may work on until it says how that ended."""

    film_id: int
    owner: str


def claim(
    connection: sa.Connection,
    film_id: int,
    owner: str,
    lives: Callable[[str], bool],
    now_us: int,
) -> Claim | None:
    """Take a film's job unless an owner that still lives has it."""
    row = connection.execute(sa.select(job).where(job.c.film_id == film_id)).one_or_none()
    running = {"state": "running", "owner": owner, "changed_us": now_us}
    running |= {"error_kind": None, "reason": None}
    if row is None:
        connection.execute(sa.insert(job).values(film_id=film_id, attempts=0, **running))
        return Claim(film_id, owner)
    if row.state == "running" and lives(row.owner):
        return None
    same_owner = job.c.owner.is_(None) if row.owner is None else job.c.owner == row.owner
    taken = connection.execute(
        sa.update(job).where(job.c.film_id == film_id, same_owner).values(running)
    )
    return Claim(film_id, owner) if taken.rowcount else None


def end_indexed(connection: sa.Connection, held: Claim, now_us: int) -> None:
    """Say that the film was indexed."""
    values = {"state": "indexed", "owner": None, "attempts": 0, "changed_us": now_us}
    _end(connection, held, values)


def end_failed(connection: sa.Connection, held: Claim, kind: str, reason: str, now_us: int) -> None:
    """Say that an attempt failed, and why, in words that a person understands."""
    _end(
        connection,
        held,
        {
            "state": "failed",
            "owner": None,
            "attempts": job.c.attempts + 1,
            "error_kind": kind,
            "reason": reason,
            "changed_us": now_us,
        },
    )


def release(connection: sa.Connection, held: Claim, now_us: int) -> None:
    """Give a claim back without having failed: interrupted, or the database was full."""
    _end(connection, held, {"state": "queued", "owner": None, "changed_us": now_us})


def last_failure(connection: sa.Connection, film_id: int) -> Failed | None:
    """Return how the last attempt at a film failed, if it did."""
    row = connection.execute(
        sa.select(job).where(job.c.film_id == film_id, job.c.state == "failed")
    ).one_or_none()
    return None if row is None else Failed(row.error_kind, row.reason, row.attempts)


def counts(connection: sa.Connection, lives: Callable[[str], bool]) -> dict[str, int]:
    """Count jobs by state, every state named; what a dead owner left behind waits for the next."""
    found = connection.execute(
        sa.select(job.c.state, job.c.owner, sa.func.count()).group_by(job.c.state, job.c.owner)
    )
    by_state = dict.fromkeys(JOB_STATES, 0)
    for state, owner, count in found:
        by_state["queued" if owner is not None and not lives(owner) else state] += count
    return by_state


def _end(connection: sa.Connection, held: Claim, values: Mapping[str, object]) -> None:
    """End a claim, whole transaction and all: whoever has lost it must not write a result."""
    ended = connection.execute(
        sa.update(job)
        .where(job.c.film_id == held.film_id, job.c.owner == held.owner, job.c.state == "running")
        .values(values)
    )
    if not ended.rowcount:
        raise ClaimLostError(f"film id:{held.film_id} was taken over by another process meanwhile")
