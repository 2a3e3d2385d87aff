"""Runs scored anew by another head: their shots stay, what is said of them changes in one switch.

The run becomes the new model's: cuts, samples and embeddings stay where they are. What it was
before is kept as a run of its own, without shots, as one that was replaced is. Readers see the film
as it was, or as it is now.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk, embeddings, shelving
from .errors import ClaimLostError
from .records import FilmTag
from .runs import store_film_tags
from .shots import strip
from .tables import film, film_tag, index_run, model, shot
from .vectors import packed_all


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

    lengths_us: npt.NDArray[np.int64]
    looked_at: npt.NDArray[np.bool_]
    vectors: npt.NDArray[np.float64]
    owners: npt.NDArray[np.int64]


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
    found = strip(connection, run_id, tags)
    return StoredShots(
        lengths_us=found.lengths_us,
        looked_at=found.looked_at,
        vectors=np.where(found.looked_at[:, None], found.probabilities, 0.0),
        owners=embeddings.owners(connection, run_id),
    )


def switch(
    connection: sa.Connection,
    of: Stale,
    model_id: int,
    stored: StoredShots,
    vectors: npt.NDArray[np.float64],
    tags: Sequence[FilmTag],
    program_version: str,
    now_us: int,
) -> None:
    """Put what the new model says, `(S, T)` and of the film, in the place of the old one's word.

    vectors: exact in float16. Raises ClaimLostError if the film got another run meanwhile.
    """
    made = sa.update(index_run).where(index_run.c.id == of.run_id)
    kept = [column for column in index_run.c if column.name != "id"]
    connection.execute(
        sa.insert(index_run).from_select(
            [column.name for column in kept], sa.select(*kept).where(index_run.c.id == of.run_id)
        )
    )
    current = sa.select(film.c.current_run_id).where(film.c.id == of.film_id)
    moved = connection.execute(
        made.where(index_run.c.id.in_(current), index_run.c.model_id == of.model_id).values(
            model_id=model_id,
            program_version=program_version,
            started_us=now_us,
            finished_us=now_us,
        )
    )
    if not moved.rowcount or not _are_still(connection, of.run_id, stored):
        raise ClaimLostError(f"{of.title}: changed by another process meanwhile")
    seen = np.flatnonzero(stored.looked_at)
    rows = zip(packed_all(vectors[seen]), seen.tolist(), strict=True)
    bulk.update(
        connection,
        shot,
        "probabilities",
        ("run_id", "ordinal"),
        ((v, of.run_id, n) for v, n in rows),
    )
    shelving.shelve(connection, of.film_id)
    connection.execute(sa.delete(film_tag).where(film_tag.c.run_id == of.run_id))
    store_film_tags(connection, of.run_id, tags)


def _are_still(connection: sa.Connection, run_id: int, stored: StoredShots) -> bool:
    """Tell whether a run's shots are cut as they were when they were read."""
    begin = sa.func.coalesce(sa.func.sum(shot.c.start_us), 0)
    found = connection.execute(sa.select(sa.func.count(), begin).where(shot.c.run_id == run_id))
    ends_us = np.cumsum(stored.lengths_us)
    return tuple(found.one()) == (len(ends_us), int(ends_us[:-1].sum()))
