"""Stored embeddings: a film's in order, one at a time, or the whole library's.

Bytes are as vectors.py made them. They lie in blocks, one for each stretch of shots that was stored
at once, and are cut out of these here.
"""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk
from .errors import StoreError
from .packed_shots import unpack_samples
from .records import ShotState, Span, show_path
from .tables import embedding_block, film, index_run, location, model, run_embedding, shot
from .vectors import compact, expanded_table

# A block is read as a whole: small enough for one shot, large enough to waste little of a page.
BLOCK_SHOTS = 128
_OWNER = np.dtype("<u4")
_COLUMNS = ("run_id", "first", "owners", "vectors")


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


def store(
    connection: sa.Connection, run_id: int, first: int, stretch: Sequence[tuple[int, bytes]]
) -> None:
    """Store the embeddings of a stretch from shot `first` on: (shot, counted from `first`; bytes).

    Raises ValueError if they are not of one width.
    """
    if len({len(vector) for _, vector in stretch}) > 1:
        raise ValueError("embeddings of several widths")
    rows = []
    for _, some in itertools.groupby(stretch, lambda pair: pair[0] // BLOCK_SHOTS):
        places, vectors = zip(*some, strict=True)
        owners = (np.array(places, np.int64) - places[0]).astype(_OWNER).tobytes()
        rows.append((run_id, first + places[0], owners, b"".join(vectors)))
    bulk.insert(connection, embedding_block, _COLUMNS, rows)


def owners(connection: sa.Connection, run_id: int) -> npt.NDArray[np.int64]:
    """Name for each embedding of a run, in order, the place of its shot, from 0: `(N,)`."""
    rows = connection.execute(
        sa.select(embedding_block.c.first, embedding_block.c.owners)
        .where(embedding_block.c.run_id == run_id)
        .order_by(embedding_block.c.first)
    )
    parts = [_places(row.first, row.owners) for row in rows]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def of_run(connection: sa.Connection, run_id: int) -> Iterator[list[bytes]]:
    """Read a run's embeddings in order, block by block."""
    for table in tables_of_run(connection, run_id):
        yield [row.tobytes() for row in table]


def tables_of_run(connection: sa.Connection, run_id: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Read a run's embeddings in order, block by block, as `(N, width)` bytes."""
    rows = connection.execute(
        sa.select(embedding_block)
        .where(embedding_block.c.run_id == run_id)
        .order_by(embedding_block.c.first)
    )
    for row in rows:
        count = len(row.owners) // _OWNER.itemsize
        yield np.frombuffer(row.vectors, np.uint8).reshape(count, -1)


def make_room(connection: sa.Connection, run_id: int, first: int, end: int, shots: int) -> None:
    """Drop the embeddings of the shots `[first, end)`; so many other `shots` will stand there.

    The shots after them get other numbers.
    """
    of_run = embedding_block.c.run_id == run_id
    rows = connection.execute(sa.select(embedding_block).where(of_run)).all()
    connection.execute(sa.delete(embedding_block).where(of_run))
    for row in rows:
        held = list(zip(_places(row.first, row.owners).tolist(), _vectors(row), strict=True))
        store(connection, run_id, 0, [(place, v) for place, v in held if place < first])
        moved = [(place + shots + first - end, v) for place, v in held if place >= end]
        store(connection, run_id, 0, moved)


def _places(first: int, owners: bytes) -> npt.NDArray[np.int64]:
    return np.frombuffer(owners, _OWNER).astype(np.int64) + first


def _vectors(row: sa.Row[Any]) -> list[bytes]:
    return [_vector(row, n) for n in range(len(row.owners) // _OWNER.itemsize)]


def _vector(row: sa.Row[Any], number: int) -> bytes:
    width = len(row.vectors) * _OWNER.itemsize // len(row.owners)
    vector: bytes = row.vectors[number * width : (number + 1) * width]
    return vector


def store_mean(connection: sa.Connection, run_id: int) -> None:
    """Store the mean of a run's embeddings, if it has any, in place of what was stored before."""
    total, count = None, 0
    for table in tables_of_run(connection, run_id):
        vectors = expanded_table(table)
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
    block = None
    for key in sorted(set(keys)):
        if block is None or not _holds(block, key):
            block = _block_of(connection, key)
        if block is not None:
            own = np.flatnonzero(_places(block.first, block.owners) == key.ordinal)
            yield from ((key, _vector(block, n)) for n in own.tolist())


def _holds(block: sa.Row[Any], key: ShotKey) -> bool:
    places = _places(block.first, block.owners)
    return bool(block.run_id == key.run_id and key.ordinal <= places[-1])


def _block_of(connection: sa.Connection, key: ShotKey) -> sa.Row[Any] | None:
    """Read the block in which a shot's embeddings lie, if it has any."""
    # As text: for the dozens that a search compares, building statements took half of its time.
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(_COLUMNS)} FROM {embedding_block.name} "  # noqa: S608  our own names
        f"WHERE run_id = {key.run_id:d} AND first <= {key.ordinal:d} ORDER BY first DESC LIMIT 1"
    )
    return rows.one_or_none()


def nearest_in_time(connection: sa.Connection, run_id: int, time_us: int) -> tuple[ShotKey, bytes]:
    """Return the shot that a time lies in, and the embedding of its sample nearest to that time.

    Raises StoreError if the film is over by then, or nothing was seen in that shot.
    """
    found = connection.execute(
        sa.select(shot.c.ordinal, shot.c.start_us, shot.c.samples).where(
            shot.c.run_id == run_id, shot.c.start_us <= time_us, shot.c.end_us > time_us
        )
    ).one_or_none()
    if found is None:
        raise StoreError(f"the film has no shot at {time_us / 1e6:.3f} s")
    key = ShotKey(run_id, found.ordinal)
    vectors = [vector for _, vector in of_shots(connection, [key])]
    seen = [s for s in unpack_samples(found.start_us, found.samples) if s.state != ShotState.BLANK]
    if not vectors:
        raise StoreError(
            f"nothing was seen in shot {found.ordinal + 1}, at {time_us / 1e6:.3f} s: it is blank, "
            "or could not be decoded"
        )
    pairs = zip(seen, vectors, strict=True)
    _, vector = min(pairs, key=lambda pair: abs(pair[0].time_us - time_us))
    return key, vector


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
