"""Stored embeddings: a film's in order, one at a time, or the whole library's.

Bytes are as vectors.py made them. They lie in blocks, one for each stretch of shots that was stored
at once, and are cut out of these here.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
BLOCKS_AT_ONCE = 32
# A shot's number in the library: of its run, and its ordinal in the last so many bits.
_ORDINAL_BITS = 24
_OWNER = np.dtype("<u4")
_COLUMNS = ("run_id", "first", "owners", "vectors")


@dataclass(frozen=True, slots=True)
class ShotPlace:
    """A shot of a film's current run, as a person finds it. `ordinal` counts from 0.

    shot_id: its number in the library, for as long as the run and its cuts are the film's.
    """

    shot_id: int
    film_id: int
    title: str
    path: str | None
    ordinal: int
    span: Span


def shot_id(run_id: int, ordinal: int) -> int:
    """Return a shot's number. Raises ValueError for an ordinal that no film reaches."""
    if not 0 <= ordinal < 1 << _ORDINAL_BITS:
        raise ValueError(f"no shot of a film: {ordinal}")
    return run_id << _ORDINAL_BITS | ordinal


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
    width = len(row.vectors) * _OWNER.itemsize // len(row.owners)
    return [row.vectors[n : n + width] for n in range(0, len(row.vectors), width)]


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
    return dict(connection.execute(query).tuples().all())


def of_library(connection: sa.Connection, backbone: str) -> Iterator[tuple[list[int], list[bytes]]]:
    """Read all current embeddings of one backbone, with their shots' numbers, block by block."""
    query = (
        sa.select(embedding_block)
        .select_from(
            film.join(index_run, index_run.c.id == film.c.current_run_id)
            .join(model, model.c.id == index_run.c.model_id)
            .join(embedding_block, embedding_block.c.run_id == index_run.c.id)
        )
        .where(model.c.backbone == backbone)
        .order_by(film.c.id, embedding_block.c.first)
    )
    for row in connection.execution_options(yield_per=BLOCKS_AT_ONCE).execute(query):
        start = shot_id(row.run_id, 0)
        yield (_places(row.first, row.owners) + start).tolist(), _vectors(row)


def nearest_in_time(connection: sa.Connection, run_id: int, time_us: int) -> tuple[int, bytes]:
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
    vectors = of_shot(connection, run_id, found.ordinal)
    seen = [s for s in unpack_samples(found.start_us, found.samples) if s.state != ShotState.BLANK]
    if not vectors:
        raise StoreError(
            f"nothing was seen in shot {found.ordinal + 1}, at {time_us / 1e6:.3f} s: it is blank, "
            "or could not be decoded"
        )
    pairs = zip(seen, vectors, strict=True)
    _, vector = min(pairs, key=lambda pair: abs(pair[0].time_us - time_us))
    return shot_id(run_id, found.ordinal), vector


def of_shot(connection: sa.Connection, run_id: int, ordinal: int) -> list[bytes]:
    """Read the embeddings of one shot, in order."""
    row = connection.execute(
        sa.select(embedding_block)
        .where(embedding_block.c.run_id == run_id, embedding_block.c.first <= ordinal)
        .order_by(embedding_block.c.first.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return []
    own = _places(row.first, row.owners) == ordinal
    return [vector for vector, is_own in zip(_vectors(row), own, strict=True) if is_own]


def places(connection: sa.Connection, shot_ids: Sequence[int]) -> dict[int, ShotPlace]:
    """Say where shots are found; those of runs that were replaced meanwhile are left out."""
    path = (
        sa.select(sa.func.min(location.c.path))
        .where(location.c.film_id == film.c.id)
        .scalar_subquery()
    )
    query = sa.select(
        shot.c.ordinal, film.c.id, film.c.title, path.label("path"), shot.c.start_us, shot.c.end_us
    ).join(film, film.c.current_run_id == shot.c.run_id)
    found = {}
    for one in shot_ids:
        run_id, ordinal = one >> _ORDINAL_BITS, one & ((1 << _ORDINAL_BITS) - 1)
        here = query.where(shot.c.run_id == run_id, shot.c.ordinal == ordinal)
        if (row := connection.execute(here).one_or_none()) is not None:
            where = None if row.path is None else show_path(row.path)
            span = Span(row.start_us, row.end_us)
            found[one] = ShotPlace(one, row.id, row.title, where, row.ordinal, span)
    return found
