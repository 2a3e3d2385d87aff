"""Films as a query asks of them, read for a few at a time: what a hit is explained by."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from .query import Query, terms
from .query_nodes import Found, Reviewed, ReviewedBy, ReviewedTag, TagLeaf
from .query_terms import Moment, Quantity, Word
from .query_truth import FilmView, Remark
from .records import FilmTag, Span, show_path
from .reviews import STANDS
from .tables import (
    film,
    film_tag,
    index_run,
    location,
    model,
    review,
    saved_hit,
    saved_search,
    tag,
)

# Far below the number of values that SQLite takes in one statement (32,766).
_BATCH = 500


def in_batches(
    connection: sa.Connection,
    statement: sa.Select[Any],
    column: sa.ColumnElement[int],
    keys: Sequence[int],
) -> Iterator[sa.Row[Any]]:
    """Ask for some keys at a time."""
    for start in range(0, len(keys), _BATCH):
        some = column.in_(keys[start : start + _BATCH])
        yield from connection.execute(statement.where(some))


def tags_named(query: Query) -> tuple[str, ...]:
    """Name the tags of the query, wanted or not."""
    named = (term.tag for term, _ in terms(query.root, shots=False) if isinstance(term, TagLeaf))
    return tuple(dict.fromkeys(named))


def film_paths(
    connection: sa.Connection, film_ids: Sequence[int]
) -> Mapping[int, tuple[bytes, ...]]:
    """Read where films lie."""
    paths: defaultdict[int, tuple[bytes, ...]] = defaultdict(tuple)
    wanted = sa.select(location.c.film_id, location.c.path).order_by(location.c.path)
    for row in in_batches(connection, wanted, location.c.film_id, film_ids):
        paths[row.film_id] += (row.path,)
    return paths


def film_views(
    connection: sa.Connection,
    query: Query,
    film_ids: Sequence[int],
    paths: Mapping[int, tuple[bytes, ...]],
) -> Mapping[int, FilmView]:
    """Read of films with a run what the query asks of them, but not their shots."""
    tags = _film_tags(connection, film_ids, tags_named(query))
    asked = {type(term) for term, _ in terms(query.root, shots=False)}
    reviewed = asked & {Reviewed, ReviewedTag, ReviewedBy}
    remarks = _remarks(connection, film_ids) if reviewed else {}
    found = _found(connection, film_ids) if Found in asked else {}
    wanted = sa.select(*_FACTS).select_from(_FILMS)
    return {
        row.id: FilmView(
            film_id=row.id,
            title=row.title,
            paths=tuple(map(show_path, paths[row.id])),
            duration_us=row.duration_us,
            tags=tags[row.id],
            numbers=_numbers(row),
            words={Word(word): getattr(row, word) for word in Word},
            moments_us={Moment.INDEXED: row.indexed, Moment.ADDED: row.added},
            remarks=tuple(remarks.get(row.id, ())),
            found=found.get(row.id, {}),
        )
        for row in in_batches(connection, wanted, film.c.id, film_ids)
    }


_FILMS = film.join(index_run, index_run.c.id == film.c.current_run_id).join(
    model, model.c.id == index_run.c.model_id
)
_FACTS = (
    film.c.id,
    film.c.title,
    film.c.year,
    film.c.added_us.label("added"),
    index_run.c.duration_us,
    index_run.c.width,
    index_run.c.height,
    index_run.c.frame_rate.label("fps"),
    index_run.c.shots,
    index_run.c.codec,
    index_run.c.container,
    index_run.c.precision,
    index_run.c.finished_us.label("indexed"),
    model.c.name.label("model"),
)


def _numbers(row: sa.Row[Any]) -> Mapping[Quantity, float]:
    numbers = {quantity: getattr(row, quantity) for quantity in Quantity}
    return {quantity: number for quantity, number in numbers.items() if number is not None}


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
    for row in in_batches(connection, wanted, film.c.id, film_ids):
        entry = FilmTag(**{name: getattr(row, name) for name in FilmTag.__slots__})
        tags[row.id][entry.tag] = entry
    return tags


def _remarks(connection: sa.Connection, film_ids: Sequence[int]) -> Mapping[int, list[Remark]]:
    remarks: defaultdict[int, list[Remark]] = defaultdict(list)
    for row in in_batches(connection, sa.select(review).where(STANDS), review.c.film_id, film_ids):
        asked = Span(row.asked_start_us, row.asked_end_us)
        remarks[row.film_id].append(Remark(row.tag, row.reviewer, asked))
    return remarks


def _found(
    connection: sa.Connection, film_ids: Sequence[int]
) -> Mapping[int, Mapping[str, tuple[Span, ...]]]:
    found: defaultdict[int, dict[str, tuple[Span, ...]]] = defaultdict(dict)
    wanted = sa.select(saved_search.c.name, saved_hit).join(
        saved_search, saved_search.c.id == saved_hit.c.search_id
    )
    for row in in_batches(connection, wanted, saved_hit.c.film_id, film_ids):
        spans = found[row.film_id]
        spans[row.name] = (*spans.get(row.name, ()), Span(row.start_us, row.end_us))
    return found
