"""One row of work per film: who has it, and how the last attempt ended.

Transitions are guarded by their WHERE clauses: a claim that somebody else holds is not taken, and
only its owner may end it. Who pays for an end that came too early is told by what ended: section 5
of docs/design.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .errors import ClaimLostError
from .new_rows import insert_new
from .records import US_PER_SECOND, Failed
from .tables import JOB_STATES, job

# Whether the process that an owner's name stands for lives; None if that cannot be told from here.
Lives = Callable[[str], bool | None]

# An owner that cannot be looked at holds a film for this long after it was last heard of.
LEASE_US = 15 * 60 * US_PER_SECOND
# After so many deaths of owners without progress a film runs alone and after all others. The parent
# parses no media, so that most owners die of something else: it takes many deaths to fail a film.
DEATHS_ALONE = 3
DEATHS_FAILED = 30


@dataclass(frozen=True, slots=True)
class Claim:
    """A film that `owner` (boot id, pid, start time) may work on until it says how that ended."""

    film_id: int
    owner: str


@dataclass(frozen=True, slots=True)
class Spent:
    """How often a film has been tried in vain since it last got further."""

    attempts: int
    setbacks: int


def queue(connection: sa.Connection, film_id: int, priority: int, now_us: int) -> None:
    """Have a film indexed when its turn comes; one that has a job keeps it."""
    new = {"film_id": film_id, "state": "queued", "attempts": 0, "changed_us": now_us}
    insert_new(connection, job, new | {"priority": priority})


def claim(
    connection: sa.Connection, film_id: int, owner: str, lives: Lives, now_us: int
) -> Claim | None:
    """Take a film's job unless an owner that still lives has it.

    What a dead owner had is taken over at once; one that cannot be looked at loses it with its
    lease. A film with which owners have died too often is failed instead, and not taken.
    """
    row = _locked(connection, film_id)
    if row is None and not _is_known(connection, film_id):
        queue(connection, film_id, 0, now_us)
        row = _locked(connection, film_id)
    if row is None or (row.state == "running" and is_held(row.owner, row.lease_us, lives, now_us)):
        return None
    running: dict[str, object] = {
        "state": "running",
        "owner": owner,
        "changed_us": now_us,
        "lease_us": now_us + LEASE_US,
        "error_kind": None,
        "reason": None,
    }
    if row.state == "running":
        running["deaths"] = row.deaths + 1
        if row.deaths + 1 >= DEATHS_FAILED:
            running = _worn_out(row.deaths + 1, now_us)
    connection.execute(sa.update(job).where(job.c.film_id == film_id).values(running))
    return Claim(film_id, owner) if running["owner"] else None


def _locked(connection: sa.Connection, film_id: int) -> sa.Row[Any] | None:
    """Read a film's job and keep it from others; on PostgreSQL none while another is claiming it.

    That one is not waited for: the film is left to it.
    """
    wanted = sa.select(job).where(job.c.film_id == film_id).with_for_update(skip_locked=True)
    return connection.execute(wanted).one_or_none()


def _is_known(connection: sa.Connection, film_id: int) -> bool:
    known = sa.select(job.c.film_id).where(job.c.film_id == film_id)
    return connection.scalar(known) is not None


def is_held(owner: str, lease_us: int, lives: Lives, now_us: int) -> bool:
    """Tell whether an owner still has what it claimed: it lives, or may, and has a lease."""
    seen = lives(owner)
    return now_us < lease_us if seen is None else seen


def _worn_out(deaths: int, now_us: int) -> dict[str, object]:
    return {
        "state": "failed",
        "owner": None,
        "lease_us": None,
        "deaths": deaths,
        "error_kind": "WorkerError",
        "reason": f"filmdex itself ended {deaths} times while indexing it, the last times with "
        "nothing beside it; `filmdex jobs retry` tries again",
        "changed_us": now_us,
    }


def keep(connection: sa.Connection, held: Claim, now_us: int, *, further: bool) -> None:
    """Say that a film is still being worked on; having got `further` clears what was spent on it.

    Raises ClaimLostError if another has it now.
    """
    values: dict[str, object] = {"lease_us": now_us + LEASE_US}
    if further:
        values |= {"attempts": 0, "deaths": 0, "setbacks": 0}
    _change(connection, held, values)


def spent(connection: sa.Connection, film_id: int) -> Spent:
    """Return what has been spent on a film since it last got further."""
    row = connection.execute(
        sa.select(job.c.attempts, job.c.setbacks).where(job.c.film_id == film_id)
    ).one_or_none()
    return Spent(0, 0) if row is None else Spent(*row)


def end_indexed(connection: sa.Connection, held: Claim, now_us: int) -> None:
    """Say that the film was indexed."""
    values = {
        "state": "indexed",
        "attempts": 0,
        "deaths": 0,
        "setbacks": 0,
        "not_before_us": 0,
    }
    _end(connection, held, values, now_us)


def end_failed(connection: sa.Connection, held: Claim, kind: str, reason: str, now_us: int) -> None:
    """Say that an attempt failed for good, and why, in words that a person understands."""
    values = {
        "state": "failed",
        "attempts": job.c.attempts + 1,
        "error_kind": kind,
        "reason": reason,
    }
    _end(connection, held, values, now_us)


def end_for_now(
    connection: sa.Connection,
    held: Claim,
    kind: str,
    reason: str,
    now_us: int,
    not_before_us: int,
    *,
    charged: bool,
) -> None:
    """Say that an attempt failed, and that another may be made from `not_before_us` on.

    `charged` if the film is to blame; the disk or the network is not an attempt but a setback.
    """
    column = job.c.attempts if charged else job.c.setbacks
    values = {
        "state": "queued",
        column.name: column + 1,
        "error_kind": kind,
        "reason": reason,
        "not_before_us": not_before_us,
    }
    _end(connection, held, values, now_us)


def release(connection: sa.Connection, held: Claim, now_us: int) -> None:
    """Give a claim back without having failed: interrupted, or the database was full."""
    _end(connection, held, {"state": "queued"}, now_us)


def release_all(connection: sa.Connection, owner: str, but: frozenset[int], now_us: int) -> None:
    """Give back all that an owner holds, but for these films."""
    values = {"state": "queued", "owner": None, "lease_us": None, "changed_us": now_us}
    connection.execute(
        sa.update(job).where(job.c.owner == owner, job.c.film_id.not_in(sorted(but))).values(values)
    )


def retry(connection: sa.Connection, film_id: int, now_us: int) -> bool:
    """Queue a failed or waiting film anew, with nothing counted against it; tell whether it was."""
    values = {
        "state": "queued",
        "attempts": 0,
        "deaths": 0,
        "setbacks": 0,
        "not_before_us": 0,
        "error_kind": None,
        "reason": None,
        "changed_us": now_us,
    }
    waiting = sa.or_(job.c.state == "failed", job.c.state == "queued")
    return _changed(connection, film_id, waiting, values)


def cancel(connection: sa.Connection, film_id: int, now_us: int) -> bool:
    """Take a film's job away, also from whoever is at it; tell whether there was one to take."""
    values = {
        "state": "failed",
        "owner": None,
        "lease_us": None,
        "error_kind": "Cancelled",
        "reason": "cancelled by a person; `filmdex jobs retry` queues it again",
        "changed_us": now_us,
    }
    open_ = sa.or_(job.c.state == "queued", job.c.state == "running")
    return _changed(connection, film_id, open_, values)


def raise_priority(connection: sa.Connection, film_id: int, by: int) -> bool:
    """Move a film forward in the queue (back if `by` is negative); tell whether it has a job."""
    values = {"priority": job.c.priority + by}
    return _changed(connection, film_id, sa.true(), values)


def last_failure(connection: sa.Connection, film_id: int) -> Failed | None:
    """Return how the last attempt at a film failed, if it did."""
    row = connection.execute(
        sa.select(job).where(job.c.film_id == film_id, job.c.state == "failed")
    ).one_or_none()
    return None if row is None else Failed(row.error_kind, row.reason, row.attempts)


def counts(connection: sa.Connection, lives: Lives) -> dict[str, int]:
    """Count jobs by state, every state named; what a dead owner left behind waits for the next."""
    found = connection.execute(
        sa.select(job.c.state, job.c.owner, sa.func.count()).group_by(job.c.state, job.c.owner)
    )
    by_state = dict.fromkeys(JOB_STATES, 0)
    for state, owner, count in found:
        by_state["queued" if owner is not None and lives(owner) is False else state] += count
    return by_state


def _end(connection: sa.Connection, held: Claim, values: Mapping[str, object], now_us: int) -> None:
    """End a claim, whole transaction and all: whoever has lost it must not write a result."""
    _change(connection, held, {"owner": None, "lease_us": None, "changed_us": now_us, **values})


def _change(connection: sa.Connection, held: Claim, values: Mapping[str, object]) -> None:
    changed = connection.execute(
        sa.update(job)
        .where(job.c.film_id == held.film_id, job.c.owner == held.owner, job.c.state == "running")
        .values(values)
    )
    if not changed.rowcount:
        raise ClaimLostError(f"film id:{held.film_id} was taken over by another process meanwhile")


def _changed(
    connection: sa.Connection,
    film_id: int,
    where: sa.ColumnElement[bool],
    values: Mapping[str, object],
) -> bool:
    changed = connection.execute(
        sa.update(job).where(job.c.film_id == film_id, where).values(values)
    )
    return bool(changed.rowcount)
