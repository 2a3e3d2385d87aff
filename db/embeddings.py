"""Stored embeddings: a film's in order, one at a time, or the whole library's.

Bytes are as vectors.py made them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ShotPlace:
    """A shot of a film's current run, as a person finds it. `ordinal` counts from 0."""

    shot_id: int
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
    streaming = connection.execution_options(yield_per=ROWS_AT_ONCE)
    for rows in streaming.execute(_of_run(run_id, embedding.c.vector)).partitions():
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
    return dict(connection.execute(query).all())


def of_library(connection: sa.Connection, backbone: str) -> Iterator[tuple[list[int], list[bytes]]]:
    """Read all current embeddings of one backbone, with their shots' ids, thousands at a time."""
    query = (
        sa.select(embedding.c.shot_id, embedding.c.vector)
        .select_from(
            film.join(index_run, index_run.c.id == film.c.current_run_id)
            .join(model, model.c.id == index_run.c.model_id)
            .join(shot, shot.c.run_id == index_run.c.id)
            .join(embedding, embedding.c.shot_id == shot.c.id)
        )
        .where(model.c.backbone == backbone)
    )
    streaming = connection.execution_options(yield_per=ROWS_AT_ONCE)
    for rows in streaming.execute(query).partitions():
        yield [row.shot_id for row in rows], [row.vector for row in rows]


def nearest_in_time(connection: sa.Connection, run_id: int, time_us: int) -> tuple[int, bytes]:
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
    return found.id, vector


def places(connection: sa.Connection, shot_ids: Sequence[int]) -> dict[int, ShotPlace]:
    """Say where shots are found; those of runs that were replaced meanwhile are left out."""
    path = (
        sa.select(sa.func.min(location.c.path))
        .where(location.c.film_id == film.c.id)
        .scalar_subquery()
    )
    query = (
        sa.select(
            shot.c.id, film.c.id, film.c.title, path, shot.c.ordinal, shot.c.start_us, shot.c.end_us
        )
        .join(film, film.c.current_run_id == shot.c.run_id)
        .where(shot.c.id.in_(shot_ids))
    )
    return {
        shot_id: ShotPlace(
            shot_id,
            film_id,
            title,
            None if where is None else show_path(where),
            ordinal,
            Span(start_us, end_us),
        )
        for shot_id, film_id, title, where, ordinal, start_us, end_us in connection.execute(query)
    }


def _of_run(run_id: int, column: sa.ColumnElement[T]) -> sa.Select[T]:
    return (
        sa.select(column)
        .select_from(shot.join(embedding, embedding.c.shot_id == shot.c.id))
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal, embedding.c.ordinal)
    )
