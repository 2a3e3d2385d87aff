"""Stored embeddings: a film's in order, one at a time, or the whole library's.

Bytes are as vectors.py made them.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from .errors import StoreError
from .records import Span, show_path
from .tables import (
    embedding,
    film,
    index_run,
    location,
    model,
    run_embedding,
    sample,
    shot,
)
from .vectors import compact, expanded

ROWS_AT_ONCE = 4096
# Of one statement alone: a connection's own options would stay with it.
_STREAMED = {"yield_per": ROWS_AT_ONCE}
T = TypeVar("T")


class ShotKey(NamedTuple):
    """A shot by its run and its place in it, from 0: runs' numbers never come back."""

    run_id: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """A film's current run, and what changes when a stretch of it is looked at again."""

    film_id: int
    run_id: int
    shots: int
    network_frames: int


@dataclass(frozen=True, slots=True)
class ShotPlace:
    """A shot of a film's current run, as a person finds it. `ordinal` counts from 0."""

    film_id: int
    title: str
    path: str | None
    ordinal: int
    span: Span


def owners(connection: sa.Connection, run_id: int) -> Sequence[int]:
    """Name for each embedding of a run, in order, the place of its shot, from 0."""
    return connection.scalars(_of_run(run_id, shot.c.ordinal)).all()


def of_run(connection: sa.Connection, run_id: int) -> Iterator[list[bytes]]:
    """Read a run's embeddings in order, some thousands at a time."""
    query = _of_run(run_id, embedding.c.vector)
    for rows in connection.execute(query, execution_options=_STREAMED).partitions():
        yield [row.vector for row in rows]


def store_mean(connection: sa.Connection, run_id: int) -> None:
    """Store the mean of a run's embeddings, if it has any, in place of what was stored before."""
    total, count = None, 0
    for stored in of_run(connection, run_id):
        vectors = expanded(stored)
        total = vectors.sum(axis=0) if total is None else total + vectors.sum(axis=0)
        count += len(vectors)
    connection.execute(sa.delete(run_embedding).where(run_embedding.c.run_id == run_id))
    if total is not None:
        (vector,) = compact((total / count)[None])
        row = {"run_id": run_id, "vector": vector}
        connection.execute(sa.insert(run_embedding), row)


def means(connection: sa.Connection, backbone: str) -> dict[int, bytes]:
    """Return the mean embedding of each film, by its id, whose current run is of a backbone."""
    query = (
        sa.select(film.c.id, run_embedding.c.vector)
        .join(run_embedding, run_embedding.c.run_id == film.c.current_run_id)
        .join(index_run, index_run.c.id == film.c.current_run_id)
        .join(model, model.c.id == index_run.c.model_id)
        .where(model.c.backbone == backbone)
    )
    return {row.id: row.vector for row in connection.execute(query)}


def mean_digests(connection: sa.Connection, backbone: str) -> dict[int, str]:
    """Return a digest of each film's mean embedding, by the film's id: other films, other means."""
    found = means(connection, backbone)
    return {film_id: hashlib.sha256(mean).hexdigest() for film_id, mean in found.items()}


_CURRENT_RUNS = sa.select(
    film.c.id, index_run.c.id, index_run.c.shots, index_run.c.network_frames
).join(index_run, index_run.c.id == film.c.current_run_id)


def current_runs(connection: sa.Connection, backbone: str) -> list[CurrentRun]:
    """List the current runs of one backbone, by film."""
    query = (
        _CURRENT_RUNS.join(model, model.c.id == index_run.c.model_id)
        .where(model.c.backbone == backbone)
        .order_by(film.c.id)
    )
    return [CurrentRun(*row) for row in connection.execute(query)]


def current_run(connection: sa.Connection, film_id: int) -> CurrentRun | None:
    """Return a film's current run, if it has one."""
    row = connection.execute(_CURRENT_RUNS.where(film.c.id == film_id)).one_or_none()
    return None if row is None else CurrentRun(*row)


def backbones(connection: sa.Connection) -> list[str]:
    """List the backbones of films' current runs, that of most films first."""
    query = (
        sa.select(model.c.backbone)
        .join(index_run, index_run.c.model_id == model.c.id)
        .join(film, film.c.current_run_id == index_run.c.id)
        .group_by(model.c.backbone)
        .order_by(sa.func.count().desc(), model.c.backbone)
    )
    return list(connection.scalars(query))


def of_shots(connection: sa.Connection, keys: Sequence[ShotKey]) -> Iterator[tuple[ShotKey, bytes]]:
    """Read the embeddings of some shots, each with its shot; of shots that are gone, none."""
    if not keys:
        return
    wanted = _listed(keys)
    query = (
        sa.select(shot.c.run_id, shot.c.ordinal, embedding.c.vector)
        .select_from(wanted)
        .join(shot, _is_listed(wanted))
        .join(embedding, embedding.c.shot_id == shot.c.id)
    )
    for run_id, ordinal, vector in connection.execute(query):
        yield ShotKey(run_id, ordinal), vector


def _listed(keys: Sequence[ShotKey]) -> sa.CTE:
    """Give keys as a table: SQLite finds a row for each, where it would walk through all for IN.

    As text: binding hundreds of numbers one by one takes longer than finding their rows. SQLite and
    PostgreSQL both call the columns of VALUES so.
    """
    rows = ", ".join(f"({run_id:d}, {ordinal:d})" for run_id, ordinal in keys)
    columns = sa.column("column1", sa.BigInteger), sa.column("column2", sa.Integer)
    return sa.text(f"VALUES {rows}").columns(*columns).cte("wanted")


def _is_listed(wanted: sa.CTE) -> sa.ColumnElement[bool]:
    return sa.and_(shot.c.run_id == wanted.c.column1, shot.c.ordinal == wanted.c.column2)


def nearest_in_time(connection: sa.Connection, run_id: int, time_us: int) -> tuple[ShotKey, bytes]:
    """Return the shot that a time lies in, and the embedding of its sample nearest to that time.

    Raises StoreError if the film is over by then, or nothing was seen in that shot.
    """
    found = connection.execute(
        sa.select(shot.c.id, shot.c.ordinal).where(
            shot.c.run_id == run_id, shot.c.start_us <= time_us, shot.c.end_us > time_us
        )
    ).one_or_none()
    if found is None:
        raise StoreError(f"the film has no shot at {time_us / 1e6:.3f} s")
    vector: bytes | None = connection.scalar(
        sa.select(embedding.c.vector)
        .join(
            sample,
            sa.and_(
                sample.c.shot_id == embedding.c.shot_id, sample.c.ordinal == embedding.c.ordinal
            ),
        )
        .where(embedding.c.shot_id == found.id)
        .order_by(sa.func.abs(sample.c.time_us - time_us))
        .limit(1)
    )
    if vector is None:
        raise StoreError(
            f"nothing was seen in shot {found.ordinal + 1}, at {time_us / 1e6:.3f} s: it is blank, "
            "or could not be decoded"
        )
    return ShotKey(run_id, found.ordinal), vector


def places(connection: sa.Connection, keys: Sequence[ShotKey]) -> dict[ShotKey, ShotPlace]:
    """Say where shots are found; those of runs that were replaced meanwhile are left out."""
    if not keys:
        return {}
    wanted = _listed(keys)
    path = (
        sa.select(location.c.path)
        .where(location.c.film_id == film.c.id)
        .order_by(location.c.path)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            shot.c.run_id,
            shot.c.ordinal,
            film.c.id,
            film.c.title,
            path,
            shot.c.start_us,
            shot.c.end_us,
        )
        .select_from(wanted)
        .join(shot, _is_listed(wanted))
        .join(film, film.c.current_run_id == shot.c.run_id)
    )
    return {
        ShotKey(run_id, ordinal): ShotPlace(
            film_id,
            title,
            None if where is None else show_path(where),
            ordinal,
            Span(start_us, end_us),
        )
        for run_id, ordinal, film_id, title, where, start_us, end_us in connection.execute(query)
    }


def _of_run(run_id: int, column: sa.ColumnElement[T]) -> sa.Select[T]:
    return (
        sa.select(column)
        .select_from(shot.join(embedding, embedding.c.shot_id == shot.c.id))
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal, embedding.c.ordinal)
    )
