"""Probabilities of a whole library at once, for few tags: read from the index, not the vectors."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from .records import Precision
from .tables import film, film_tag, index_run, location, shot, tag, tag_shots
from .tag_shots import unpacked

# Far below the number of values that SQLite takes in one statement (32,766).
_BATCH = 500


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
    query = sa.select(shot.c.run_id).where(sa.text("shot.state = 0")).distinct()
    return frozenset(connection.scalars(query))


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

    Only probabilities over the floor of `tag_shots`, or over the tag's own threshold, are there.
    """
    query = sa.select(tag_shots).where(
        tag_shots.c.tag_id == _tag_id(tag_name),
        tag_shots.c.run_id.in_(_runs_at(tag_name, floor)),
        _among(tag_shots.c.run_id, only),
    )
    for row in connection.execute(query).all():
        _, ordinals, values = unpacked([(row.ordinals, row.probabilities)])
        over = values >= floor
        found = dict(zip(ordinals[over].tolist(), values[over].tolist(), strict=True))
        for one in _spans(connection, row.run_id, sorted(found)):
            yield row.run_id, one.start_us, one.end_us, found[one.ordinal]


def _runs_at(tag_name: str, floor: float) -> sa.Select[tuple[int]]:
    return sa.select(film_tag.c.run_id).where(
        film_tag.c.tag_id == _tag_id(tag_name), film_tag.c.peak >= floor
    )


def _spans(
    connection: sa.Connection, run_id: int, ordinals: Sequence[int]
) -> Iterator[sa.Row[int, int, int]]:
    columns = (shot.c.ordinal, shot.c.start_us, shot.c.end_us)
    for first in range(0, len(ordinals), _BATCH):
        some = ordinals[first : first + _BATCH]
        wanted = sa.select(*columns).where(shot.c.run_id == run_id, shot.c.ordinal.in_(some))
        yield from connection.execute(wanted)


def _among(column: sa.ColumnElement[int], only: Collection[int] | None) -> sa.ColumnElement[bool]:
    return sa.true() if only is None else column.in_(list(only))


def _tag_id(name: str) -> sa.ScalarSelect[int]:
    return sa.select(tag.c.id).where(tag.c.name == name).scalar_subquery()
