"""What was found, with why: read for the hits of one page at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from . import bulk
from .query import FilmView, Query, reasons, wanted_tags
from .records import FilmTag, Span, show_path
from .shot_search import Found
from .tables import FLOOR, film, film_tag, location, model_tag, shot, tag
from .vectors import unpacked

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
    connection: sa.Connection, query: Query, found: Sequence[Found]
) -> tuple[ShotHit, ...]:
    """Read what there is to say of shots."""
    paths = _paths(connection, list({one.film.id for one in found}))
    rows = _shots(connection, found)
    columns = _columns(connection, {one.film.model_id for one in found}, wanted_tags(query))
    return tuple(
        ShotHit(
            film_id=one.film.id,
            title=one.film.title,
            paths=paths[one.film.id],
            ordinal=one.ordinal,
            span=Span(row.start_us, row.end_us),
            probabilities=_kept(row.probabilities, columns[one.film.model_id]),
        )
        for one in found
        for row in [rows[one.film.run_id, one.ordinal]]
    )


def _shots(connection: sa.Connection, found: Sequence[Found]) -> dict[tuple[int, int], sa.Row[Any]]:
    # One at a time by its key: given a list of pairs, SQLite reads the whole table.
    columns = ("run_id", "ordinal", "start_us", "end_us", "probabilities")
    keys = [(one.film.run_id, one.ordinal) for one in found]
    rows = bulk.select(connection, shot, columns, ("run_id", "ordinal"), keys)
    return {(row.run_id, row.ordinal): row for row in rows}


# A tag's name, its place in a vector, and from which probability on it is kept for searching.
_Column = tuple[str, int, float]


def _columns(
    connection: sa.Connection, model_ids: Iterable[int], names: Sequence[str]
) -> Mapping[int, Sequence[_Column]]:
    """Say of each model where the wanted tags stand that it reports, in the order of the query."""
    columns: defaultdict[int, list[_Column]] = defaultdict(list)
    wanted = (
        sa.select(model_tag.c.model_id, tag.c.name, model_tag.c.ordinal, model_tag.c.threshold)
        .join(tag, tag.c.id == model_tag.c.tag_id)
        .where(
            model_tag.c.model_id.in_(list(model_ids)),
            model_tag.c.threshold.is_not(None),
            tag.c.name.in_(names),
        )
    )
    for row in sorted(connection.execute(wanted), key=lambda row: names.index(row.name)):
        columns[row.model_id].append((row.name, row.ordinal, min(FLOOR, row.threshold)))
    return columns


def _kept(vector: bytes | None, columns: Sequence[_Column]) -> tuple[tuple[str, float], ...]:
    if vector is None:
        return ()
    values = unpacked(vector)
    return tuple((name, values[at]) for name, at, least in columns if values[at] >= least)


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
