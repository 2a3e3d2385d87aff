"""Probabilities of a whole library at once, for few tags: read from the index, not the vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from .tables import film, index_run, shot, shot_tag, tag


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A film's current run, as far as a verdict on its whole needs it."""

    film_id: int
    run_id: int
    model_id: int
    precision: str
    shots: int


@dataclass(frozen=True, slots=True)
class Point:
    """One shot's probability of one tag."""

    run_id: int
    start_us: int
    end_us: int
    probability: float


def current_runs(connection: sa.Connection) -> tuple[RunFacts, ...]:
    """Read the current run of every film that has one."""
    query = sa.select(
        film.c.id,
        index_run.c.id,
        index_run.c.model_id,
        index_run.c.precision,
        index_run.c.shots,
    ).join(index_run, index_run.c.id == film.c.current_run_id)
    return tuple(RunFacts(*row) for row in connection.execute(query))


def unseen_runs(connection: sa.Connection) -> frozenset[int]:
    """Name the runs with a shot that was not looked at."""
    query = sa.select(shot.c.run_id).distinct().where(sa.text("shot.state = 'not_looked_at'"))
    return frozenset(connection.scalars(query))


def points(
    connection: sa.Connection, tag_name: str, floor: float
) -> Iterator[Sequence[tuple[int, int, int, float]]]:
    """Yield (run, start_us, end_us, probability) of all shots from `floor` on, in no order.

    Only probabilities over the floor of `shot_tag`, or over the tag's own threshold, are there.
    """
    query = (
        sa.select(shot.c.run_id, shot.c.start_us, shot.c.end_us, shot_tag.c.probability)
        .join(shot, shot.c.id == shot_tag.c.shot_id)
        .where(
            shot_tag.c.tag_id
            == sa.select(tag.c.id).where(tag.c.name == tag_name).scalar_subquery(),
            shot_tag.c.probability >= floor,
        )
    )
    for rows in connection.execute(query).partitions(10_000):
        yield rows  # type: ignore[misc]
