"""What was found, with why: read for the hits of one page at a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .query import FilmView, Query, reasons, wanted_tags
from .records import FilmTag, Span, show_path
from .tables import film, film_tag, location, shot_tag, tag

# Far below the number of values that SQLite takes in one statement (32,766).
_BATCH = 500


@dataclass(frozen=True, slots=True)
class FilmHit:
    """A film that was found. `tags` are the wanted ones whose condition holds, as in the query."""

    film_id: int
    title: str
    paths: tuple[bytes, ...]
    duration_us: int
    tags: tuple[FilmTag, ...]


@dataclass(frozen=True, slots=True)
class ShotHit:
    """A shot that was found.

    `probabilities` are the wanted tags', as in the query, if not below tables.FLOOR.
    """

    film_id: int
    title: str
    paths: tuple[bytes, ...]
    ordinal: int
    span: Span
    probabilities: tuple[tuple[str, float], ...]


def film_hits(
    connection: sa.Connection, query: Query, found: Sequence[sa.Row[Any]]
) -> tuple[FilmHit, ...]:
    """Read what there is to say of films: rows of (id, title, duration_us)."""
    ids = [row.id for row in found]
    paths = _paths(connection, ids)
    tags = _film_tags(connection, ids, wanted_tags(query))
    return tuple(_film_hit(query, row, paths[row.id], tags[row.id]) for row in found)


def _film_hit(
    query: Query, row: sa.Row[Any], paths: tuple[bytes, ...], tags: Mapping[str, FilmTag]
) -> FilmHit:
    view = FilmView(row.title, tuple(map(show_path, paths)), row.duration_us, tags)
    why = tuple(tags[name] for name in reasons(query, view))
    return FilmHit(row.id, row.title, paths, row.duration_us, why)


def shot_hits(
    connection: sa.Connection, query: Query, found: Sequence[sa.Row[Any]]
) -> tuple[ShotHit, ...]:
    """Read what there is to say of shots: rows of (id, film_id, title, ordinal and span)."""
    names = wanted_tags(query)
    paths = _paths(connection, list({row.film_id for row in found}))
    seen = _probabilities(connection, [row.id for row in found], names)
    return tuple(
        ShotHit(
            film_id=row.film_id,
            title=row.title,
            paths=paths[row.film_id],
            ordinal=row.ordinal,
            span=Span(row.start_us, row.end_us),
            probabilities=tuple((n, seen[row.id][n]) for n in names if n in seen[row.id]),
        )
        for row in found
    )


def _in_batches(
    connection: sa.Connection,
    statement: sa.Select[Any],
    column: sa.ColumnElement[int],
    keys: Sequence[int],
) -> Iterator[sa.Row[Any]]:
    for start in range(0, len(keys), _BATCH):
        some = column.in_(keys[start : start + _BATCH])
        yield from connection.execute(statement.where(some))


def _paths(connection: sa.Connection, film_ids: Sequence[int]) -> Mapping[int, tuple[bytes, ...]]:
    paths: defaultdict[int, tuple[bytes, ...]] = defaultdict(tuple)
    wanted = sa.select(location.c.film_id, location.c.path).order_by(location.c.path)
    for row in _in_batches(connection, wanted, location.c.film_id, film_ids):
        paths[row.film_id] += (row.path,)
    return paths


def _film_tags(
    connection: sa.Connection, film_ids: Sequence[int], names: Sequence[str]
) -> Mapping[int, Mapping[str, FilmTag]]:
    tags: defaultdict[int, dict[str, FilmTag]] = defaultdict(dict)
    columns = (film_tag.c[name] for name in FilmTag.__slots__ if name != "tag")
    wanted = (
        sa.select(film.c.id, tag.c.name.label("tag"), *columns)
        .join(film_tag, film_tag.c.run_id == film.c.current_run_id)
        .join(tag, tag.c.id == film_tag.c.tag_id)
        .where(tag.c.name.in_(names))
    )
    for row in _in_batches(connection, wanted, film.c.id, film_ids):
        entry = FilmTag(**{name: getattr(row, name) for name in FilmTag.__slots__})
        tags[row.id][entry.tag] = entry
    return tags


def _probabilities(
    connection: sa.Connection, shot_ids: Sequence[int], names: Sequence[str]
) -> Mapping[int, Mapping[str, float]]:
    seen: defaultdict[int, dict[str, float]] = defaultdict(dict)
    wanted = (
        sa.select(shot_tag.c.shot_id, tag.c.name, shot_tag.c.probability)
        .join(tag, tag.c.id == shot_tag.c.tag_id)
        .where(tag.c.name.in_(names))
    )
    for row in _in_batches(connection, wanted, shot_tag.c.shot_id, shot_ids):
        seen[row.shot_id][row.name] = row.probability
    return seen
