"""Searching: which films, or which shots, a query is true of, best first.

Only a film's current, complete run is searched. *Best* is the sum of the wanted tags' peaks (films)
or probabilities (shots): with one tag that is the tag itself, with several it favours what has all.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .query import FilmView, Query, reasons, wanted_tags
from .query_sql import film_clause, shot_clause
from .records import FilmTag, Span, TagFacts, show_path
from .tables import film, film_tag, index_run, location, model, model_tag, shot, shot_tag, tag
from .vocabulary import Vocabulary

_SHOTS = shot.join(index_run, index_run.c.id == shot.c.run_id).join(
    film, film.c.current_run_id == index_run.c.id
)


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


def vocabulary(connection: sa.Connection) -> Vocabulary:
    """Collect the tags that the models behind current runs know; reportable if any reports it."""
    rows = connection.execute(
        sa.select(
            tag.c.name,
            tag.c.slug,
            tag.c.tag_group,
            model_tag.c.status,
            model_tag.c.threshold,
            model.c.name.label("model"),
            model.c.version,
        )
        .join(model_tag, model_tag.c.tag_id == tag.c.id)
        .join(model, model.c.id == model_tag.c.model_id)
        .where(_in_use(model.c.id))
        .order_by(model.c.id, model_tag.c.ordinal)
    ).all()
    tags: dict[str, TagFacts] = {}
    for row in rows:
        if row.name not in tags or not tags[row.name].reportable:
            tags[row.name] = TagFacts(*row[:5])
    models = dict.fromkeys(f"the model {row.model} {row.version}" for row in rows)
    return Vocabulary.of(tags.values(), " and ".join(models) or "the model")


def _in_use(model_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    runs = sa.select(index_run.c.model_id).join(film, film.c.current_run_id == index_run.c.id)
    return model_id.in_(runs)


def search_films(
    connection: sa.Connection, query: Query, *, limit: int, offset: int = 0
) -> list[FilmHit]:
    """Find films: best first, then by title."""
    names = wanted_tags(query)
    statement = _film_statement(query, names).limit(limit).offset(offset)
    found = connection.execute(statement).all()
    ids = [row.id for row in found]
    paths, tags = _paths(connection, ids), _film_tags(connection, ids, names)
    return [
        _film_hit(query, row.id, row.title, paths[row.id], row.duration_us, tags[row.id])
        for row in found
    ]


def _film_statement(query: Query, names: Sequence[str]) -> sa.Select[Any]:
    scored = (film_tag.c.run_id == index_run.c.id, film_tag.c.tag_id.in_(_ids(names)))
    scores = [
        sa.func.coalesce(sa.select(sa.func.sum(column)).where(*scored).scalar_subquery(), 0)
        for column in (film_tag.c.peak, film_tag.c.relevance)
        if names
    ]
    return (
        sa.select(film.c.id, film.c.title, index_run.c.duration_us)
        .join(index_run, index_run.c.id == film.c.current_run_id)
        .where(index_run.c.state == "complete", film_clause(query))
        .order_by(*(score.desc() for score in scores), film.c.title_folded, film.c.id)
    )


def count_films(connection: sa.Connection, query: Query) -> int:
    """Count the films that the query is true of."""
    return connection.execute(
        sa.select(sa.func.count())
        .select_from(film)
        .join(index_run, index_run.c.id == film.c.current_run_id)
        .where(index_run.c.state == "complete", film_clause(query))
    ).scalar_one()


def search_shots(
    connection: sa.Connection, query: Query, *, limit: int, offset: int = 0
) -> list[ShotHit]:
    """Find shots: best first, then by film, then by time.

    Raises QueryError where a number lies below the probabilities that are kept for search.
    """
    names = wanted_tags(query)
    statement = _shot_statement(query, names).limit(limit).offset(offset)
    found = connection.execute(statement).all()
    paths = _paths(connection, list({row.film_id for row in found}))
    seen = _probabilities(connection, [row.id for row in found], names)
    return [
        ShotHit(
            film_id=row.film_id,
            title=row.title,
            paths=paths[row.film_id],
            ordinal=row.ordinal,
            span=Span(row.start_us, row.end_us),
            probabilities=tuple((n, seen[row.id][n]) for n in names if n in seen[row.id]),
        )
        for row in found
    ]


def _shot_statement(query: Query, names: Sequence[str]) -> sa.Select[Any]:
    total = (
        sa.select(sa.func.sum(shot_tag.c.probability))
        .where(shot_tag.c.shot_id == shot.c.id, shot_tag.c.tag_id.in_(_ids(names)))
        .scalar_subquery()
    )
    scores = [sa.func.coalesce(total, 0)] if names else []
    columns = (shot.c.id, shot.c.ordinal, shot.c.start_us, shot.c.end_us)
    return (
        sa.select(film.c.id.label("film_id"), film.c.title, *columns)
        .select_from(_SHOTS)
        .where(index_run.c.state == "complete", shot_clause(query))
        .order_by(*(s.desc() for s in scores), film.c.title_folded, film.c.id, shot.c.ordinal)
    )


def count_shots(connection: sa.Connection, query: Query) -> int:
    """Count the shots that the query is true of. Raises QueryError as `search_shots` does."""
    return connection.execute(
        sa.select(sa.func.count())
        .select_from(_SHOTS)
        .where(index_run.c.state == "complete", shot_clause(query))
    ).scalar_one()


def _film_hit(
    query: Query,
    film_id: int,
    title: str,
    paths: tuple[bytes, ...],
    duration_us: int,
    tags: Mapping[str, FilmTag],
) -> FilmHit:
    view = FilmView(title, tuple(show_path(path) for path in paths), duration_us, tags)
    why = tuple(tags[name] for name in reasons(query, view))
    return FilmHit(film_id, title, paths, duration_us, why)


def _ids(names: Sequence[str]) -> sa.Select[tuple[int]]:
    return sa.select(tag.c.id).where(tag.c.name.in_(names))


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
