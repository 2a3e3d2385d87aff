"""Which shots of a run have a tag, and how probably: one row for each tag, for searching.

The row of a tag holds the ordinals of the shots whose probability is kept, rising, and these
probabilities (float16, as everywhere). Kept is what lies at or over the floor (tables.FLOOR), and
what lies at or over the tag's threshold. Rows are made from the shots' vectors when a run is
complete, and whenever its shots or its model change.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk, models
from .tables import FLOOR, index_run, shot, tag_shots
from .vectors import HALF

_SHORT, _LONG = np.dtype("<u2"), np.dtype("<u4")
_COLUMNS = ("run_id", "tag_id", "ordinals", "probabilities")

Ordinals = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float64]


def kept_from(thresholds: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Return for each threshold the probability from which on one is kept; inf if never."""
    kept = [np.inf if at is None else min(FLOOR, at) for at in thresholds]
    return np.array(kept, np.float64)


def store(connection: sa.Connection, run_id: int) -> None:
    """Make a run's rows from what its shots say."""
    model_id = connection.execute(
        sa.select(index_run.c.model_id).where(index_run.c.id == run_id)
    ).scalar_one()
    facts = models.read(connection, model_id)
    seen = connection.execute(
        sa.select(shot.c.ordinal, shot.c.probabilities)
        .where(shot.c.run_id == run_id, shot.c.probabilities.is_not(None))
        .order_by(shot.c.ordinal)
    ).all()
    vectors = np.frombuffer(b"".join(row.probabilities for row in seen), HALF)
    put(
        connection,
        run_id,
        models.tag_ids(connection, model_id),
        [tag.threshold for tag in facts.tags],
        np.array([row.ordinal for row in seen], np.int64),
        vectors.astype(np.float64).reshape(len(seen), len(facts.tags)),
    )


def put(
    connection: sa.Connection,
    run_id: int,
    tag_ids: Sequence[int],
    thresholds: Sequence[float | None],
    ordinals: Ordinals,
    vectors: Vectors,
) -> None:
    """Store a run's rows in place of those that it has.

    vectors: `(N, T)` of the shots that were looked at, whose `ordinals` are `(N,)` and rising;
    thresholds: `(T,)`, none where a tag is not reported.
    """
    connection.execute(sa.delete(tag_shots).where(tag_shots.c.run_id == run_id))
    kept = vectors >= kept_from(thresholds)
    rows = []
    for column in np.flatnonzero(kept.any(axis=0)).tolist():
        where = kept[:, column]
        values = vectors[where, column].astype(HALF).tobytes()
        rows.append((run_id, tag_ids[column], packed_ordinals(ordinals[where]), values))
    rows.sort(key=lambda row: row[1])
    bulk.insert(connection, tag_shots, _COLUMNS, rows)


def packed_ordinals(ordinals: Ordinals) -> bytes:
    """Pack ordinals in two bytes each, or in four where one of them needs more."""
    short = ordinals.max(initial=0) <= np.iinfo(_SHORT).max
    return ordinals.astype(_SHORT if short else _LONG).tobytes()


def unpacked(
    rows: Sequence[tuple[bytes, bytes]],
) -> tuple[npt.NDArray[np.int64], Ordinals, Vectors]:
    """Unpack rows of (ordinals, probabilities): how many each holds, and all of them in a row."""
    together = b"".join([some for some, _ in rows])
    values = np.frombuffer(b"".join([some for _, some in rows]), HALF).astype(np.float64)
    sizes = np.array([len(some) for _, some in rows], np.int64) // HALF.itemsize
    if len(together) == len(values) * _SHORT.itemsize:
        return sizes, np.frombuffer(together, _SHORT).astype(np.int64), values
    parts = [_of_one(ordinals, len(values) // HALF.itemsize) for ordinals, values in rows]
    return sizes, np.concatenate(parts), values


def _of_one(ordinals: bytes, size: int) -> Ordinals:
    kind = _SHORT if len(ordinals) == size * _SHORT.itemsize else _LONG
    return np.frombuffer(ordinals, kind).astype(np.int64)
