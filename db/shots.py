"""A run's shots as rows: written a stretch at a time, read in order, dropped."""

from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa

from . import bulk, embeddings
from .packed_shots import NUMBERS, STATES, pack_samples, unpack_samples
from .records import Boundary, SeenShot, Shot, ShotState, Span, Transition, TransitionKind
from .tables import embedding_block, index_run, shot, transition
from .vectors import packed_all, unpacked

_COLUMNS = (
    "run_id",
    "ordinal",
    "start_us",
    "end_us",
    "early_us",
    "late_us",
    "state",
    "samples",
    "probabilities",
)
_TRANSITION_COLUMNS = ("run_id", "ordinal", "kind", "first_us", "last_us")
_Row = tuple[object, ...]


def insert_shots(
    connection: sa.Connection, run_id: int, first: int, seen: Sequence[SeenShot], tags: int
) -> None:
    """Write shots from number `first` on, whatever state the run is in; tags: how many there are.

    Raises ValueError if a shot has another number of probabilities.
    """
    if not seen:
        return
    whole = [one.shot for one in seen]
    vectors = _packed_vectors(whole, tags)
    rows = (
        _row(run_id, ordinal, one, vector)
        for ordinal, (one, vector) in enumerate(zip(whole, vectors, strict=True), first)
    )
    bulk.insert(connection, shot, _COLUMNS, rows)
    gradual = (
        (
            run_id,
            ordinal,
            one.transition.kind.value,
            one.transition.first_us,
            one.transition.last_us,
        )
        for ordinal, one in enumerate(whole, first)
        if one.transition is not None
    )
    bulk.insert(connection, transition, _TRANSITION_COLUMNS, gradual)
    stretch = [
        (place, vector)
        for place, one in enumerate(seen)
        for vector in one.embeddings
        if vector is not None
    ]
    embeddings.store(connection, run_id, first, stretch)


def _packed_vectors(shots: Sequence[Shot], tags: int) -> list[bytes | None]:
    known = [one.probabilities for one in shots if one.probabilities is not None]
    for vector in known:
        if len(vector) != tags:
            raise ValueError(f"{len(vector)} probabilities for {tags} tags")
    packed = iter(packed_all(np.array(known, np.float64).reshape(len(known), tags)))
    return [None if one.probabilities is None else next(packed) for one in shots]


def _row(run_id: int, ordinal: int, one: Shot, vector: bytes | None) -> _Row:
    return (
        run_id,
        ordinal,
        one.span.start_us,
        one.span.end_us,
        one.span.start_us - one.begins.lo_us,
        one.begins.hi_us - one.span.start_us,
        NUMBERS[one.state],
        pack_samples(one.span.start_us, one.samples),
        vector,
    )


def shots(connection: sa.Connection, run_id: int) -> Iterator[Shot]:
    """Read a run's shots in order."""
    here = transition.c.run_id == shot.c.run_id, transition.c.ordinal == shot.c.ordinal
    rows = connection.execute(
        sa.select(shot, transition.c.kind, transition.c.first_us, transition.c.last_us)
        .join(transition, sa.and_(*here), isouter=True)
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal)
    )
    for row in rows:
        gradual = row.kind and Transition(TransitionKind(row.kind), row.first_us, row.last_us)
        yield Shot(
            span=Span(row.start_us, row.end_us),
            begins=Boundary(row.start_us - row.early_us, row.start_us + row.late_us),
            state=ShotState(STATES[row.state]),
            samples=tuple(unpack_samples(row.start_us, row.samples)),
            probabilities=None if row.probabilities is None else unpacked(row.probabilities),
            transition=gradual,
        )


def drop_shots(connection: sa.Connection, film_id: int, but_of: int) -> None:
    """Drop the shots of all runs of a film but one, with all that is said of each."""
    runs = sa.select(index_run.c.id).where(index_run.c.film_id == film_id, index_run.c.id != but_of)
    for table in (shot, embedding_block):
        connection.execute(sa.delete(table).where(table.c.run_id.in_(runs)))
