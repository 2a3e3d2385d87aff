"""Where films lie, as a watched root sees it: what is known below it, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from . import jobs
from .records import FilmIdentity, Location, show_path
from .stored_paths import Below
from .tables import film, job, location, review
from .titles import named_after


@dataclass(frozen=True, slots=True)
class Place:
    """A location as it was last seen; `missing_us` is since when it is not there."""

    location: Location
    film_id: int
    missing_us: int | None


def is_below(folder: bytes) -> sa.ColumnElement[bool]:
    """Say which locations lie below a folder."""
    return Below(location.c.path, folder)


def below(connection: sa.Connection, root: bytes) -> list[Place]:
    """Return every place below a folder."""
    rows = connection.execute(
        sa.select(
            location.c.path,
            location.c.size,
            location.c.mtime_ns,
            location.c.film_id,
            location.c.missing_us,
        ).where(is_below(root))
    )
    return [
        Place(Location(row.path, row.size, row.mtime_ns), row.film_id, row.missing_us)
        for row in rows
    ]


def lose(connection: sa.Connection, path: bytes, now_us: int) -> None:
    """Note since when a file is missing; the film stays."""
    connection.execute(
        sa.update(location)
        .where(location.c.path == path, location.c.missing_us.is_(None))
        .values(missing_us=now_us)
    )


def bring_back(connection: sa.Connection, path: bytes) -> None:
    """Note that a missing file is there again."""
    connection.execute(sa.update(location).where(location.c.path == path).values(missing_us=None))


def move(connection: sa.Connection, old: bytes, new: Location, now_us: int) -> None:
    """Note that a file lies elsewhere, in place of whatever was known there."""
    connection.execute(sa.delete(location).where(location.c.path == new.path))
    film_id: int | None = connection.scalar(
        sa.update(location)
        .where(location.c.path == old)
        .values(
            path=new.path,
            path_shown=show_path(new.path),
            size=new.size,
            mtime_ns=new.mtime_ns,
            seen_us=now_us,
            missing_us=None,
        )
        .returning(location.c.film_id)
    )
    others = sa.select(sa.func.count()).where(
        location.c.film_id == film_id, location.c.path != new.path
    )
    if film_id is not None and not connection.scalar(others):
        names = named_after(new.path)
        connection.execute(sa.update(film).where(film.c.id == film_id).values(names))


def missing(connection: sa.Connection) -> int:
    """Count the films that are nowhere to be found."""
    other = location.alias()
    there = sa.exists().where(other.c.film_id == location.c.film_id, other.c.missing_us.is_(None))
    # From the places that are missing: few in a library of many films.
    return connection.execute(
        sa.select(sa.func.count(location.c.film_id.distinct())).where(
            location.c.missing_us.is_not(None), ~there
        )
    ).scalar_one()


def take(connection: sa.Connection, film_id: int, priority: int, now_us: int) -> None:
    """Have a film that a root has taken indexed, sooner if another root made less of it."""
    jobs.queue(connection, film_id, priority, now_us)
    connection.execute(
        sa.update(job)
        .where(job.c.film_id == film_id, job.c.priority < priority)
        .values(priority=priority)
    )


def films_at(connection: sa.Connection, paths: Iterable[bytes]) -> list[int]:
    """Return the films that are known at these paths."""
    return list(
        connection.scalars(sa.select(location.c.film_id).where(location.c.path.in_(list(paths))))
    )


def forget_unseen(connection: sa.Connection, film_ids: Iterable[int]) -> None:
    """Drop those films that are nowhere, and of which nothing was stored: replaced before a turn.

    What was indexed stays, wherever its file is.
    """
    nowhere = ~sa.exists().where(location.c.film_id == film.c.id)
    held = sa.exists().where(job.c.film_id == film.c.id, job.c.state == "running")
    reviewed = sa.exists().where(review.c.film_id == film.c.id)
    connection.execute(
        sa.delete(film).where(
            film.c.id.in_(list(film_ids)),
            film.c.current_run_id.is_(None),
            nowhere,
            ~held,
            ~reviewed,
        )
    )


def missing_of(connection: sa.Connection, identity: FilmIdentity) -> frozenset[bytes]:
    """Return the places of a film that are marked missing."""
    return frozenset(
        connection.scalars(
            sa.select(location.c.path)
            .join(film, film.c.id == location.c.film_id)
            .where(film.c.fingerprint == identity.fingerprint, location.c.missing_us.is_not(None))
        )
    )
