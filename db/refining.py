"""Replacing a stretch of a film's current run by what a closer look found there."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from . import embeddings, runs, shelving
from .errors import ClaimLostError
from .records import FilmTag, ModelFacts, SeenShot, Span
from .shots import insert_shots
from .tables import film, film_tag, index_run, model, shot


@dataclass(frozen=True, slots=True)
class Replacement:
    """Shots that take the place of those numbered `[first, end)`, and what the film says then.

    `network_frames`: how many more frames the network for cuts was shown.
    """

    first: int
    end: int
    shots: tuple[SeenShot, ...]
    tags: tuple[FilmTag, ...]
    network_frames: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.end or not self.shots:
            raise ValueError(f"nothing replaced: {len(self.shots)} for [{self.first}, {self.end})")
        for one, other in itertools.pairwise(self.spans):
            if one.end_us != other.start_us:
                raise ValueError(f"no partition: {other} after {one}")

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the new shots lie."""
        return tuple(seen.shot.span for seen in self.shots)


def replace(connection: sa.Connection, run_id: int, by: Replacement, facts: ModelFacts) -> None:
    """Put the new shots in the place of the old, in the transaction of `connection`.

    The caller holds the film's claim: nobody else changes the run's cuts. facts: the model that
    looked. Raises ClaimLostError if the run is no longer the film's current one, or was scored by
    another model meanwhile, and ValueError if the shots would not fit.
    """
    current = sa.select(film.c.current_run_id)
    looked = sa.select(model.c.id).where(model.c.digest == facts.digest)
    shots = index_run.c.shots + len(by.shots) - (by.end - by.first)
    seen = index_run.c.network_frames + by.network_frames
    seen = sa.case((seen > index_run.c.frames, index_run.c.frames), else_=seen)
    film_id: int | None = connection.scalar(
        sa.update(index_run)
        .where(
            index_run.c.id == run_id,
            index_run.c.id.in_(current),
            index_run.c.model_id.in_(looked),
        )
        .values(shots=shots, network_frames=seen)
        .returning(index_run.c.film_id)
    )
    if film_id is None:
        raise ClaimLostError(f"run {run_id} was replaced by another process meanwhile")
    old = sa.and_(shot.c.run_id == run_id, shot.c.ordinal.between(by.first, by.end - 1))
    span = sa.func.min(shot.c.start_us), sa.func.max(shot.c.end_us), sa.func.count()
    held = connection.execute(sa.select(*span).where(old)).one()
    if tuple(held) != (by.spans[0].start_us, by.spans[-1].end_us, by.end - by.first):
        raise ValueError(f"{by.spans[0]} to {by.spans[-1]} do not fit into {tuple(held)}")
    connection.execute(sa.delete(shot).where(old))
    _renumber(connection, run_id, by.end, len(by.shots) - (by.end - by.first))
    embeddings.make_room(connection, run_id, by.first, by.end, len(by.shots))
    insert_shots(connection, run_id, by.first, by.shots, len(facts.tags))
    _say(connection, run_id, by.tags)
    shelving.shelve(connection, film_id)
    embeddings.store_mean(connection, run_id)


def _renumber(connection: sa.Connection, run_id: int, start: int, by: int) -> None:
    """Move the numbers of the shots from `start` on, past zero so that no two are ever alike."""
    ordinal, here = shot.c.ordinal, shot.c.run_id == run_id
    for where, value in ((ordinal >= start, -1 - (ordinal + by)), (ordinal < 0, -1 - ordinal)):
        connection.execute(sa.update(shot).where(here, where).values(ordinal=value))


def _say(connection: sa.Connection, run_id: int, tags: Iterable[FilmTag]) -> None:
    connection.execute(sa.delete(film_tag).where(film_tag.c.run_id == run_id))
    runs.store_film_tags(connection, run_id, tags)
