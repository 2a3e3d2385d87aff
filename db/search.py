"""Searching: which films, or which shots, a query is true of, in an order, page by page.

Only a film's current, complete run is searched. *Best* is the sum of the wanted tags' peaks (films)
or probabilities (shots): with one tag that is the tag itself, with several it favours what has all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from . import saved_searches, shot_search
from .cursors import cursor_place, cursor_text
from .films_in_order import FILMS
from .first_shots import Found
from .hits import FilmHit, ShotHit, film_hits, shot_hits, whole
from .ordering import BEST_FIRST, Order
from .ordering_sql import Key, after, film_keys, labelled
from .query import Query, wanted_tags
from .records import Span, TagFacts
from .sequences_found import film_condition
from .tables import film, index_run, model, model_tag, tag
from .totals import COUNTED, Total
from .vocabulary import Vocabulary

_Hit = TypeVar("_Hit", FilmHit, ShotHit)


@dataclass(frozen=True, slots=True)
class Page(Generic[_Hit]):
    """Some hits in order, and the cursor with which the search goes on; none after the last one."""

    hits: tuple[_Hit, ...]
    next_cursor: str | None


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
    return Vocabulary.of(
        tags.values(), " and ".join(models) or "the model", saved_searches.names(connection)
    )


def _in_use(model_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    return sa.exists().select_from(FILMS).where(index_run.c.model_id == model_id)


def search_films(
    connection: sa.Connection,
    query: Query,
    *,
    limit: int,
    cursor: str | None = None,
    order: Order = BEST_FIRST,
) -> Page[FilmHit]:
    """Find films in an order, `limit` of them after the place that `cursor` names.

    Raises CursorError if the cursor is not of this query and order.
    """
    found, keys = _matching(connection, query, order)
    rows, following = read_page(connection, found, keys, _films_of(query, order), limit, cursor)
    return Page(film_hits(connection, query, rows), following)


def _matching(
    connection: sa.Connection, query: Query, order: Order
) -> tuple[sa.Select[Any], tuple[Key, ...]]:
    columns = film.c.id, film.c.title, index_run.c.duration_us
    found = sa.select(*columns).select_from(FILMS).where(*_films(connection, query))
    return found, film_keys(order, wanted_tags(query, shots=False))


def find_films(
    connection: sa.Connection,
    query: Query,
    *,
    limit: int,
    cursor: str | None = None,
    order: Order = BEST_FIRST,
    cap: int = COUNTED,
) -> tuple[Page[FilmHit], Total]:
    """Find films as `search_films` does, and count them up to `cap`."""
    if cursor is not None:
        page = search_films(connection, query, limit=limit, cursor=cursor, order=order)
        return page, count_films(connection, query, cap=cap)
    # In one statement, and what is true of a film found out once: it is counted and put in order.
    found, keys = _matching(connection, query, order)
    matching = found.add_columns(*labelled(keys)).cte("matching")
    known = [replace(key, value=matching.c[f"key_{n}"]) for n, key in enumerate(keys)]
    counted = sa.select(sa.func.count()).select_from(matching).scalar_subquery()
    columns = matching.c.id, matching.c.title, matching.c.duration_us, counted.label("counted")
    rows, following = read_page(
        connection, sa.select(*columns), known, _films_of(query, order), limit, None
    )
    count = rows[0].counted if rows else 0
    total = Total(min(count, cap), capped=count > cap)
    return Page(film_hits(connection, query, rows), following), total


def search_shots(
    connection: sa.Connection,
    query: Query,
    *,
    limit: int,
    cursor: str | None = None,
    order: Order = BEST_FIRST,
) -> Page[ShotHit]:
    """Find shots in an order, `limit` of them after the place that `cursor` names.

    Raises CursorError if the cursor is not of this query and order, and QueryError where a number
    lies below the probabilities that are kept for search.
    """
    found, _ = _first_shots(connection, query, limit, cursor, order)
    return _page(connection, query, found, limit, order)


def find_shots(
    connection: sa.Connection,
    query: Query,
    *,
    limit: int,
    cursor: str | None = None,
    order: Order = BEST_FIRST,
    cap: int = COUNTED,
) -> tuple[Page[ShotHit], Total]:
    """Find shots as `search_shots` does, and count them up to `cap`."""
    if cursor is not None:
        page = search_shots(connection, query, limit=limit, cursor=cursor, order=order)
        return page, count_shots(connection, query, cap=cap)
    found, counted = _first_shots(connection, query, limit, None, order, cap + 1)
    total = Total(min(counted, cap), capped=counted > cap)
    return _page(connection, query, found, limit, order), total


def _first_shots(
    connection: sa.Connection,
    query: Query,
    limit: int,
    cursor: str | None,
    order: Order,
    cap: int = 0,
) -> tuple[tuple[Found, ...], int]:
    place = None
    if cursor is not None:
        search = _shots_of(query, order)
        place = cursor_place(search, cursor, shot_search.places_of(query, order))
    return shot_search.first_shots(connection, query, order, limit + 1, place, cap)


def _page(
    connection: sa.Connection, query: Query, found: Sequence[Found], limit: int, order: Order
) -> Page[ShotHit]:
    page = found[:limit]
    more = len(found) > limit
    following = cursor_text(_shots_of(query, order), page[-1].place) if more else None
    return Page(shot_hits(connection, query, page), following)


def _shots_of(query: Query, order: Order) -> str:
    return f"shots {query}\n{order}"


def _films_of(query: Query, order: Order) -> str:
    return f"films {query}\n{order}"


def all_films(connection: sa.Connection, query: Query) -> Iterator[tuple[int, Span]]:
    """Yield all films that a query is true of, as hits.FilmHit has their spans, in no order."""
    found = sa.select(film.c.id, index_run.c.duration_us).select_from(FILMS)
    for row in connection.execute(found.where(*_films(connection, query))):
        yield row.id, whole(row.duration_us)


def all_shots(connection: sa.Connection, query: Query) -> Iterator[tuple[int, Span]]:
    """Yield films with the spans of all shots that a query is true of, in no order.

    Raises as `search_shots` does.
    """
    return shot_search.all_shots(connection, query)


def _films(connection: sa.Connection, query: Query) -> tuple[sa.ColumnElement[bool], ...]:
    return index_run.c.state == "complete", film_condition(connection, query)


def read_page(
    connection: sa.Connection,
    found: sa.Select[Any],
    keys: Sequence[Key],
    search: str,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[sa.Row[Any]], str | None]:
    """Read one page, and one row more to tell whether there is another."""
    statement = found.add_columns(*labelled(keys)).order_by(*(key.ordered for key in keys))
    if cursor is not None:
        statement = statement.where(after(keys, cursor_place(search, cursor, len(keys))))
    rows = connection.execute(statement.limit(limit + 1)).all()
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    return page, cursor_text(search, [getattr(page[-1], f"key_{n}") for n in range(len(keys))])


def count_films(connection: sa.Connection, query: Query, *, cap: int = COUNTED) -> Total:
    """Count the films that the query is true of, up to `cap`."""
    found = sa.select(sa.literal(1)).select_from(FILMS)
    return _total(connection, found.where(*_films(connection, query)), cap)


def count_shots(connection: sa.Connection, query: Query, *, cap: int = COUNTED) -> Total:
    """Count the shots that the query is true of, up to `cap`. Raises as `search_shots` does."""
    counted = shot_search.count(connection, query, cap)
    return Total(min(counted, cap), capped=counted > cap)


def _total(connection: sa.Connection, found: sa.Select[Any], cap: int) -> Total:
    some = found.limit(cap + 1).subquery()
    count = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return Total(min(count, cap), capped=count > cap)
