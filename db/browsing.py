"""The library as it is browsed: every film, indexed or not, with what fits on a card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from .jobs import Lives
from .ordering import Order
from .ordering_sql import film_keys
from .records import FilmTag, Precision
from .search import read_page
from .tables import film, film_tag, index_run, job, tag
from .totals import Total

# Of a film's tags, what fits on its card.
MOST_TAGS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a card says of a film's current run."""

    duration_us: int
    precision: Precision
    shots: int


@dataclass(frozen=True, slots=True)
class Card:
    """One film on the page. `seen` is None as long as it has no run; `reason` says why it failed.

    `state` is that of its job where there is no run: queued, running or failed.
    """

    film_id: int
    title: str
    year: int | None
    state: str
    reason: str | None
    seen: Seen | None
    tags: tuple[FilmTag, ...]


def browse(
    connection: sa.Connection, order: Order, limit: int, cursor: str | None
) -> tuple[list[int], str | None]:
    """Return the ids of `limit` films in an order, and the cursor with which it goes on.

    What is unknown of films without a run comes last. Raises CursorError.
    """
    keys = film_keys(order, ())
    named = (film.c.title_folded, film.c.id)
    keys = tuple(
        key if any(key.value is one for one in named) else replace(key, nullable=True)
        for key in keys
    )
    found = sa.select(film.c.id).select_from(
        film.join(index_run, index_run.c.id == film.c.current_run_id, isouter=True)
    )
    rows, following = read_page(connection, found, keys, f"all films\n{order}", limit, cursor)
    return [row.id for row in rows], following


def count(connection: sa.Connection) -> Total:
    """Count all films."""
    found = connection.execute(sa.select(sa.func.count()).select_from(film)).scalar_one()
    return Total(found, capped=False)


def cards(connection: sa.Connection, film_ids: Sequence[int], lives: Lives) -> list[Card]:
    """Read what fits on the cards of some films, in their order; those that are gone left out."""
    rows = {
        row.id: row
        for row in connection.execute(
            sa.select(
                film.c.id,
                film.c.title,
                film.c.year,
                index_run.c.id.label("run"),
                index_run.c.duration_us,
                index_run.c.precision,
                index_run.c.shots,
                job.c.state,
                job.c.owner,
                job.c.reason,
            )
            .select_from(
                film.join(index_run, index_run.c.id == film.c.current_run_id, isouter=True).join(
                    job, job.c.film_id == film.c.id, isouter=True
                )
            )
            .where(film.c.id.in_(film_ids))
        )
    }
    tags = _tags(connection, [row.run for row in rows.values() if row.run is not None])
    return [_card(rows[n], tags.get(rows[n].run, ()), lives) for n in film_ids if n in rows]


def _card(row: sa.Row[*tuple[object, ...]], tags: tuple[FilmTag, ...], lives: Lives) -> Card:
    if row.run is not None:
        seen = Seen(row.duration_us, Precision(row.precision), row.shots)
        return Card(row.id, row.title, row.year, "indexed", None, seen, tags)
    state, reason = row.state, row.reason
    if state in (None, "indexed") or (state == "running" and lives(row.owner) is False):
        state = "queued"
    return Card(row.id, row.title, row.year, state, reason, None, ())


def _tags(connection: sa.Connection, run_ids: Sequence[int]) -> Mapping[int, tuple[FilmTag, ...]]:
    columns = (film_tag.c[name] for name in FilmTag.__slots__ if name != "tag")
    rows = connection.execute(
        sa.select(film_tag.c.run_id, tag.c.name, *columns)
        .join(tag, tag.c.id == film_tag.c.tag_id)
        .where(film_tag.c.run_id.in_(run_ids), film_tag.c.present)
        .order_by(film_tag.c.run_id, film_tag.c.relevance.desc(), tag.c.name)
    )
    found: dict[int, tuple[FilmTag, ...]] = {}
    for run_id, *values in rows:
        before = found.get(run_id, ())
        if len(before) < MOST_TAGS:
            found[run_id] = (*before, FilmTag(*values))
    return found
