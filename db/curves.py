"""Probabilities of a whole library at once, for few tags: read from the index, not the vectors."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from .block_reading import BlockReader, all_films, parts
from .records import Precision
from .tables import film, film_tag, index_run, location, tag


@dataclass(frozen=True, slots=True)
class FilmRow:
    """A film and its current run, as far as a verdict on its whole needs them."""

    film_id: int
    fingerprint: str
    title: str
    paths_shown: tuple[str, ...]
    run: "RunFacts | None"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run: whose model it is, how it was made, how many shots it has."""

    run_id: int
    model_id: int
    precision: Precision
    shots: int


def film_rows(
    connection: sa.Connection, only: Collection[int] | None = None
) -> tuple[FilmRow, ...]:
    """Read every film, or `only` some, with its current run, by title, in two queries."""
    paths: dict[int, list[str]] = {}
    seen = sa.select(location.c.film_id, location.c.path_shown).order_by(location.c.path)
    seen = seen.where(_among(location.c.film_id, only))
    for film_id, path in connection.execute(seen):
        paths.setdefault(film_id, []).append(path)
    query = (
        sa.select(
            film.c.id,
            film.c.fingerprint,
            film.c.title,
            index_run.c.id,
            index_run.c.model_id,
            index_run.c.precision,
            index_run.c.shots,
        )
        .join(index_run, index_run.c.id == film.c.current_run_id, isouter=True)
        .where(_among(film.c.id, only))
        .order_by(film.c.title_folded, film.c.id)
    )
    return tuple(
        FilmRow(
            film_id,
            fingerprint,
            title,
            tuple(paths.get(film_id, ())),
            None if run is None else RunFacts(run, model_id, Precision(precision), shots),
        )
        for film_id, fingerprint, title, run, model_id, precision, shots in connection.execute(
            query
        )
    )


def unseen_runs(connection: sa.Connection) -> frozenset[int]:
    """Name the runs with a shot that was not looked at."""
    films = all_films(connection)
    return frozenset(films["run_id"][films["unseen"] > 0].tolist())


def peaks(
    connection: sa.Connection, tag_name: str, floor: float, only: Collection[int] | None = None
) -> dict[int, float]:
    """Return the highest probability of a tag in each run in which it is at `floor` or over.

    Of all runs, or `only` of some.
    """
    query = sa.select(film_tag.c.run_id, film_tag.c.peak).where(
        film_tag.c.tag_id == _tag_id(tag_name),
        film_tag.c.peak >= floor,
        _among(film_tag.c.run_id, only),
    )
    return dict(connection.execute(query).all())


def points(
    connection: sa.Connection, tag_name: str, floor: float, only: Collection[int] | None = None
) -> Iterator[tuple[int, int, int, float]]:
    """Yield (run, start_us, end_us, probability) of all shots at `floor` or over, in no order.

    Of all runs, or `only` of some.

    Only probabilities over the floor, or over the tag's own threshold, are kept (blocks.py).
    """
    tag_id: int | None = connection.scalar(sa.select(tag.c.id).where(tag.c.name == tag_name))
    every = films = all_films(connection)
    if only is not None:
        films = films[np.isin(films["run_id"], list(only))]
    if tag_id is None:
        return
    for some in parts(films):
        reader = BlockReader.of(connection, every, some)
        sizes, ordinals, values = reader.tag(tag_id)
        over = values >= floor
        run_ids = np.repeat(some["run_id"], sizes)[over]
        spans_us = reader.spans_us(reader.places(sizes, ordinals)[over])
        found = run_ids, *spans_us, values[over].astype(np.float64)
        yield from zip(*(column.tolist() for column in found), strict=True)


def _among(column: sa.ColumnElement[int], only: Collection[int] | None) -> sa.ColumnElement[bool]:
    return sa.true() if only is None else column.in_(list(only))


def _tag_id(name: str) -> sa.ScalarSelect[int]:
    return sa.select(tag.c.id).where(tag.c.name == name).scalar_subquery()
