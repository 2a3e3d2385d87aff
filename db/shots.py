"""A run's shots as rows: written a stretch at a time, read in order, dropped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk, embeddings
from .packed_shots import NUMBERS, STATES, pack_samples, unpack_samples
from .records import Boundary, SeenShot, Shot, ShotState, Span, Transition, TransitionKind
from .tables import embedding_block, index_run, shot, transition
from .vectors import packed_all, unpacked, unpacked_all

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
# What a shot is read from, in this order.
_READ = ("start_us", "end_us", "early_us", "late_us", "state", "samples", "probabilities")
_GRADUAL = (transition.c.kind, transition.c.first_us, transition.c.last_us)
_WITH_TRANSITIONS = shot.join(
    transition,
    sa.and_(transition.c.run_id == shot.c.run_id, transition.c.ordinal == shot.c.ordinal),
    isouter=True,
)
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
    rows = connection.execute(
        sa.select(*(shot.c[name] for name in _READ), *_GRADUAL)
        .select_from(_WITH_TRANSITIONS)
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal)
    )
    # A film has a thousand: what is done for each row counts.
    for start_us, end_us, early_us, late_us, state, samples, vector, *gradual in rows:
        yield Shot(
            span=Span(start_us, end_us),
            begins=Boundary(start_us - early_us, start_us + late_us),
            state=STATES[state],
            samples=tuple(unpack_samples(start_us, samples)),
            probabilities=None if vector is None else unpacked(vector),
            transition=_transition(*gradual),
        )


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a shot begins: its first frame, the bracket that holds the true one, and any mixing."""

    start_us: int
    begins: Boundary
    transition: Transition | None

    @classmethod
    def of(cls, shot: Shot) -> Self:
        """Return how a shot begins."""
        return cls(shot.span.start_us, shot.begins, shot.transition)


def beginnings(connection: sa.Connection, run_id: int) -> list[Beginning]:
    """Read how a run's shots begin, in order, and nothing else of them."""
    rows = connection.execute(
        sa.select(shot.c.start_us, shot.c.early_us, shot.c.late_us, *_GRADUAL)
        .select_from(_WITH_TRANSITIONS)
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal)
    )
    return [
        Beginning(at_us, Boundary(at_us - early_us, at_us + late_us), _transition(*gradual))
        for at_us, early_us, late_us, *gradual in rows
    ]


def _transition(kind: str | None, first_us: int, last_us: int) -> Transition | None:
    return None if kind is None else Transition(TransitionKind(kind), first_us, last_us)


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """N shots of a film in order, and their T tags, as arrays.

    probabilities: (N, T) float64, in the order of the model's tags; NaN for a shot that was not
    looked at.
    """

    starts_us: Sequence[int]
    ends_us: Sequence[int]
    states: Sequence[ShotState]
    probabilities: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        shots = len(self.starts_us)
        if (len(self.ends_us), len(self.states), len(self.probabilities)) != (shots,) * 3:
            raise ValueError(f"{shots} shots with {self.probabilities.shape} probabilities")

    @property
    def lengths_us(self) -> npt.NDArray[np.int64]:
        """How long each shot is: `(N,)`."""
        return np.array(self.ends_us, np.int64) - np.array(self.starts_us, np.int64)

    @property
    def looked_at(self) -> npt.NDArray[np.bool_]:
        """Which shots were: `(N,)`."""
        return np.array([one is not ShotState.NOT_LOOKED_AT for one in self.states], bool)


def strip(connection: sa.Connection, run_id: int, tags: int) -> Strip:
    """Read what a run's shots show and when; tags: how many its model has."""
    rows = connection.execute(
        sa.select(shot.c.start_us, shot.c.end_us, shot.c.state, shot.c.probabilities)
        .where(shot.c.run_id == run_id)
        .order_by(shot.c.ordinal)
    ).all()
    vectors = [vector for *_, vector in rows]
    return Strip(
        [start_us for start_us, *_ in rows],
        [end_us for _, end_us, *_ in rows],
        [STATES[state] for _, _, state, _ in rows],
        unpacked_all(vectors, tags),
    )


def drop_shots(connection: sa.Connection, film_id: int, but_of: int) -> None:
    """Drop the shots of all runs of a film but one, with all that is said of each."""
    runs = sa.select(index_run.c.id).where(index_run.c.film_id == film_id, index_run.c.id != but_of)
    for table in (shot, embedding_block):
        connection.execute(sa.delete(table).where(table.c.run_id.in_(runs)))
