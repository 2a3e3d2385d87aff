"""What daemons tell of themselves, and what people tell them: that the work is paused."""

from dataclasses import dataclass

import sqlalchemy as sa

from .jobs import Lives
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
    known = connection.execute(sa.update(daemon).where(daemon.c.owner == owner).values(values))
    if not known.rowcount:
        connection.execute(sa.insert(daemon).values(owner=owner, **values))


def forget(connection: sa.Connection, owner: str) -> None:
    """Take a daemon's report away: it is ending."""
    connection.execute(sa.delete(daemon).where(daemon.c.owner == owner))


def forget_dead(connection: sa.Connection, lives: Lives) -> None:
    """Take away what daemons told that are no more."""
    for owner in connection.scalars(sa.select(daemon.c.owner)).all():
        if lives(owner) is False:
            forget(connection, owner)


def living(connection: sa.Connection, lives: Lives) -> list[Told]:
    """Return what the daemons that live have told."""
    rows = connection.execute(sa.select(daemon).order_by(daemon.c.told_us.desc()))
    return [
        Told(row.owner, row.told_us, row.report) for row in rows if lives(row.owner) is not False
    ]


def paused_since_us(connection: sa.Connection) -> int | None:
    """Return since when the work is paused, if it is."""
    since_us: int | None = connection.scalar(sa.select(pause.c.since_us))
    return since_us


def set_paused(connection: sa.Connection, now_us: int) -> None:
    """Have no daemon begin another film until `set_resumed`."""
    if paused_since_us(connection) is None:
        connection.execute(sa.insert(pause).values(id=1, since_us=now_us))


def set_resumed(connection: sa.Connection) -> None:
    """Have the work go on."""
    connection.execute(sa.delete(pause))
