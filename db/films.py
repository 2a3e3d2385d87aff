"""Films and where they lie. A film is its content; a location is a path at which it was seen."""

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from . import runs, shelving
from .errors import StoreError, UnknownError
from .folding import fold
from .records import (
    Failed,
    Film,
    FilmIdentity,
    FilmState,
    Location,
    Queued,
    Running,
    show_path,
)
from .tables import film, job, location
from .titles import named_after

# A database's integers have 64 bits; a person may type more.
MAX_ID = 2**63 - 1


def known_at(connection: sa.Connection, seen: Location) -> int | None:
    """Return the film at this path if the file's size and time are what they were."""
    film_id: int | None = connection.scalar(
        sa.select(location.c.film_id).where(
            location.c.path == seen.path,
            location.c.size == seen.size,
            location.c.mtime_ns == seen.mtime_ns,
        )
    )
    return film_id


def places(connection: sa.Connection, identity: FilmIdentity) -> tuple[bytes, ...]:
    """Return the paths at which a film was seen, if it is known."""
    return tuple(
        connection.scalars(
            sa.select(location.c.path)
            .join(film, film.c.id == location.c.film_id)
            .where(film.c.fingerprint == identity.fingerprint)
        )
    )


def record(
    connection: sa.Connection,
    identity: FilmIdentity,
    seen: Location,
    now_us: int,
    gone: Callable[[bytes], bool],
) -> int:
    """Note that a film was seen at a location, replacing what was there; return the film's id.

    Other locations of the film from which it is `gone` are forgotten: it was moved. If none is
    left, its title is that of the new place.
    """
    known: int | None = connection.scalar(
        sa.select(film.c.id).where(film.c.fingerprint == identity.fingerprint)
    )
    if known is None:
        film_id = _inserted(connection, identity, seen.path, now_us)
    elif _others(connection, known, seen.path, gone):
        film_id = known
    else:
        film_id = known
        names = named_after(seen.path)
        connection.execute(sa.update(film).where(film.c.id == film_id).values(names))
    _locate(connection, film_id, seen, now_us)
    return film_id


def drop(connection: sa.Connection, identity: FilmIdentity) -> None:
    """Take a film out of the library, with all that was stored of it. Refused if it was reviewed.

    The program itself drops no film: this is for libraries that are made up.
    """
    gone = sa.delete(film).where(film.c.fingerprint == identity.fingerprint).returning(film.c.id)
    for film_id in connection.scalars(gone).all():
        shelving.remove(connection, film_id)


def _inserted(connection: sa.Connection, identity: FilmIdentity, path: bytes, now_us: int) -> int:
    new: int = connection.execute(
        sa.insert(film)
        .values(
            fingerprint=identity.fingerprint,
            size=identity.size,
            added_us=now_us,
            **named_after(path),
        )
        .returning(film.c.id)
    ).scalar_one()
    return new


def _others(
    connection: sa.Connection, film_id: int, path: bytes, gone: Callable[[bytes], bool]
) -> list[bytes]:
    """Forget where the film no longer is; return where else it still is."""
    elsewhere = sa.and_(location.c.film_id == film_id, location.c.path != path)
    paths = connection.scalars(sa.select(location.c.path).where(elsewhere)).all()
    left = [other for other in paths if not gone(other)]
    connection.execute(sa.delete(location).where(elsewhere, location.c.path.not_in(left)))
    return left


def _locate(connection: sa.Connection, film_id: int, seen: Location, now_us: int) -> None:
    row: dict[str, object] = {
        "film_id": film_id,
        "size": seen.size,
        "mtime_ns": seen.mtime_ns,
        "seen_us": now_us,
        "missing_us": None,
    }
    known = connection.execute(sa.update(location).where(location.c.path == seen.path).values(row))
    if not known.rowcount:
        row |= {"path": seen.path, "path_shown": show_path(seen.path)}
        connection.execute(sa.insert(location).values(row))


def read(connection: sa.Connection, film_id: int) -> Film:
    """Read one film. Raises UnknownError if there is none with this id."""
    if film_id <= MAX_ID:
        for found in _read_all(connection, [film_id]):
            return found
    raise UnknownError(f"there is no film id:{film_id}; `filmdex films` lists them")


def with_identity(connection: sa.Connection, identity: FilmIdentity) -> Film | None:
    """Read the film of this content, wherever it lies, if it is known."""
    film_id = connection.scalar(
        sa.select(film.c.id).where(film.c.fingerprint == identity.fingerprint)
    )
    return None if film_id is None else read(connection, film_id)


def listed(connection: sa.Connection) -> tuple[Film, ...]:
    """Read all films, by title."""
    ids = connection.scalars(sa.select(film.c.id).order_by(film.c.title_folded, film.c.id))
    return tuple(_read_all(connection, ids.all()))


def titles(connection: sa.Connection, ids: Iterable[int]) -> dict[int, str]:
    """Return films' titles by their ids."""
    query = sa.select(film.c.id, film.c.title).where(film.c.id.in_(list(ids)))
    return dict(connection.execute(query).all())


def find(connection: sa.Connection, name: str, path: bytes) -> Film:
    """Find the film that a person names: `id:N`, a path, or a title or file name of one film only.

    Raises StoreError if none or several answer to the name.
    """
    prefix, _, number = name.partition(":")
    if prefix == "id" and number.isdecimal():
        return read(connection, int(number))
    at_path = connection.scalar(sa.select(location.c.film_id).where(location.c.path == path))
    if at_path is not None:
        return read(connection, at_path)
    shown = sa.type_coerce(location.c.path_shown, sa.Text)
    file_name = shown.iendswith("/" + name, autoescape=True)
    by_title = connection.scalars(
        sa.select(film.c.id)
        .where(
            sa.or_(
                film.c.title_folded == fold(name),
                film.c.id.in_(sa.select(location.c.film_id).where(file_name)),
            )
        )
        .order_by(film.c.id)
    ).all()
    match by_title:
        case [film_id]:
            return read(connection, film_id)
        case []:
            raise UnknownError(f"no film answers to {name!r}; `filmdex films` lists them")
        case _:
            ids = ", ".join(f"id:{film_id}" for film_id in by_title)
            raise StoreError(f"{len(by_title)} films are called {name!r}: say which, {ids}")


def _read_all(connection: sa.Connection, ids: Iterable[int]) -> Iterable[Film]:
    for film_id in ids:
        row = connection.execute(sa.select(film).where(film.c.id == film_id)).one_or_none()
        if row is None:
            continue
        paths = connection.scalars(
            sa.select(location.c.path)
            .where(location.c.film_id == film_id)
            .order_by(location.c.path)
        )
        run_id = row.current_run_id
        yield Film(
            id=film_id,
            identity=FilmIdentity(row.fingerprint, row.size),
            title=row.title,
            paths=tuple(paths),
            state=_state(connection, film_id, run_id),
            tags=() if run_id is None else runs.film_tags(connection, run_id),
        )


def _state(connection: sa.Connection, film_id: int, run_id: int | None) -> FilmState:
    if run_id is not None:
        return runs.read(connection, run_id)
    work = connection.execute(sa.select(job).where(job.c.film_id == film_id)).one_or_none()
    if work is None or work.state in ("queued", "indexed"):
        return Queued()
    if work.state == "running":
        return Running(work.owner)
    return Failed(work.error_kind, work.reason, work.attempts)
