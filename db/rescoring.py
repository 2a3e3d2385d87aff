"""Runs scored anew by another head: their shots stay, what is said of them changes in one switch.

A new run takes the place of the old one, and the shots with their samples and embeddings pass over
to it. Readers see the film as it was, or as it is now.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk, embeddings
from .errors import ClaimLostError
from .records import FilmTag, ModelFacts, ShotState
from .runs import SHOT_TAG_COLUMNS, store_film_tags
from .tables import FLOOR, film, index_run, model, run_embedding, shot, shot_tag
from .vectors import HALF, packed_all


@dataclass(frozen=True, slots=True)
class Stale:
    """A film whose current run is another model's."""

    film_id: int
    title: str
    run_id: int
    model_id: int
    duration_us: int


@dataclass(frozen=True, slots=True, eq=False)
class StoredShots:
    """A run's S shots in order, as arrays: what scoring them again needs, embeddings apart.

    `vectors` are `(S, T)` by the run's model, 0 where a shot was not looked at. `owners` names for
    each embedding, in order, the place of its shot.
    """

    ids: tuple[int, ...]
    lengths_us: npt.NDArray[np.int64]
    looked_at: npt.NDArray[np.bool_]
    vectors: npt.NDArray[np.float64]
    owners: npt.NDArray[np.intp]


def stale(connection: sa.Connection, digest: str) -> list[Stale]:
    """List films, by id, whose current run is not of the model with this digest."""
    query = (
        sa.select(
            film.c.id,
            film.c.title,
            index_run.c.id,
            index_run.c.model_id,
            index_run.c.duration_us,
        )
        .join(index_run, index_run.c.id == film.c.current_run_id)
        .join(model, model.c.id == index_run.c.model_id)
        .where(model.c.digest != digest)
        .order_by(film.c.id)
    )
    return [Stale(*row) for row in connection.execute(query)]


def shots(connection: sa.Connection, run_id: int, tags: int) -> StoredShots:
    """Read a run's shots; tags: how many its model has."""
    rows = connection.execute(
        sa.select(shot.c.id, shot.c.start_us, shot.c.end_us, shot.c.state, shot.c.probabilities)
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal)
    ).all()
    nothing = bytes(tags * HALF.itemsize)
    together = b"".join(row.probabilities or nothing for row in rows)
    return StoredShots(
        ids=tuple(row.id for row in rows),
        lengths_us=np.array([row.end_us - row.start_us for row in rows], np.int64),
        looked_at=np.array([row.state != ShotState.NOT_LOOKED_AT for row in rows], bool),
        vectors=np.frombuffer(together, HALF).astype(np.float64).reshape(len(rows), tags),
        owners=np.array(embeddings.owners(connection, run_id), np.intp),
    )


def switch(
    connection: sa.Connection,
    of: Stale,
    new: ModelFacts,
    model_id: int,
    tag_ids: Sequence[int],
    stored: StoredShots,
    vectors: npt.NDArray[np.float64],
    tags: Sequence[FilmTag],
    program_version: str,
    now_us: int,
) -> int:
    """Put what the new model says, `(S, T)` and of the film, in place; return the new run's id.

    vectors: exact in float16. Raises ClaimLostError if the film got another run meanwhile.
    """
    kept = [c for c in index_run.c if c.name not in _OWN]
    run_id: int = connection.execute(
        sa.insert(index_run)
        .from_select(
            [*(column.name for column in kept), *_OWN[1:]],
            sa.select(
                *kept,
                sa.literal(model_id),
                sa.literal(program_version),
                sa.literal(now_us),
                sa.literal(now_us),
            ).where(index_run.c.id == of.run_id),
        )
        .returning(index_run.c.id)
    ).scalar_one()
    moved = connection.execute(
        sa.update(film)
        .where(film.c.id == of.film_id, film.c.current_run_id == of.run_id)
        .values(current_run_id=run_id)
    )
    if not moved.rowcount:
        raise ClaimLostError(f"{of.title}: indexed by another process meanwhile")
    of_run = sa.select(shot.c.id).where(shot.c.run_id == of.run_id)
    connection.execute(sa.delete(shot_tag).where(shot_tag.c.shot_id.in_(of_run)))
    for table in (shot, run_embedding):
        statement = sa.update(table).where(table.c.run_id == of.run_id)
        connection.execute(statement.values(run_id=run_id))
    _store_vectors(connection, stored, vectors)
    _store_rows(connection, new, tag_ids, stored, vectors)
    store_film_tags(connection, run_id, tags)
    return run_id


_OWN = ("id", "model_id", "program_version", "started_us", "finished_us")


def _store_vectors(
    connection: sa.Connection, stored: StoredShots, vectors: npt.NDArray[np.float64]
) -> None:
    packed = zip(packed_all(vectors), stored.ids, stored.looked_at.tolist(), strict=True)
    rows = ((vector, shot_id) for vector, shot_id, seen in packed if seen)
    bulk.update(connection, shot, "probabilities", ("id",), rows)


def _store_rows(
    connection: sa.Connection,
    new: ModelFacts,
    tag_ids: Sequence[int],
    stored: StoredShots,
    vectors: npt.NDArray[np.float64],
) -> None:
    """Store the rows that search reads: the same as `runs.append` would."""
    thresholds = np.array([np.inf if t.threshold is None else t.threshold for t in new.tags])
    kept = (vectors >= np.where(np.isinf(thresholds), np.inf, np.minimum(FLOOR, thresholds))) & (
        stored.looked_at[:, None]
    )
    places, columns = np.nonzero(kept)
    values = vectors[places, columns]
    rows = zip(
        np.array(stored.ids, np.int64)[places].tolist(),
        np.array(tag_ids, np.int64)[columns].tolist(),
        values.tolist(),
        (values >= thresholds[columns]).tolist(),
        strict=True,
    )
    bulk.insert(connection, shot_tag, SHOT_TAG_COLUMNS, rows)
