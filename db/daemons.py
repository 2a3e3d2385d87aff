"""What daemons tell of themselves, and what people tell them: that the work is paused."""

from dataclasses import dataclass

import sqlalchemy as sa

from .jobs import LEASE_US, Lives, is_held
from .new_rows import insert_new
from .tables import daemon, pause


@dataclass(frozen=True, slots=True)
class Told:
    """A daemon's last report, JSON, and when it was made."""

    owner: str
    told_us: int
    report: str


def tell(connection: sa.Connection, owner: str, report: str, now_us: int) -> None:
    """Replace what a daemon last told of itself."""
    values = {"told_us": now_us, "report": report}
    if not insert_new(connection, daemon, {"owner": owner, **values}):
        connection.execute(sa.update(daemon).where(daemon.c.owner == owner).values(values))


def forget(connection: sa.Connection, owner: str) -> None:
    """Take a daemon's report away: it is ending."""
    connection.execute(sa.delete(daemon).where(daemon.c.owner == owner))


def forget_dead(connection: sa.Connection, lives: Lives, now_us: int) -> None:
    """Take away what daemons told that are no more, or have not been heard of for a lease."""
    for told in connection.execute(sa.select(daemon)).all():
        if not is_held(told.owner, told.told_us + LEASE_US, lives, now_us):
            forget(connection, told.owner)


def living(connection: sa.Connection, lives: Lives, now_us: int) -> list[Told]:
    """Return what the daemons that live have told; on another host, if that was within a lease."""
    rows = connection.execute(sa.select(daemon).order_by(daemon.c.told_us.desc()))
    return [
        Told(row.owner, row.told_us, row.report)
        for row in rows
        if is_held(row.owner, row.told_us + LEASE_US, lives, now_us)
    ]


def paused_since_us(connection: sa.Connection) -> int | None:
    """Return since when the work is paused, if it is."""
    since_us: int | None = connection.scalar(sa.select(pause.c.since_us))
    return since_us


def set_paused(connection: sa.Connection, now_us: int) -> None:
    """Have no daemon begin another film until `set_resumed`."""
    insert_new(connection, pause, {"id": 1, "since_us": now_us})


def set_resumed(connection: sa.Connection) -> None:
    """Have the work go on."""
    connection.execute(sa.delete(pause))
