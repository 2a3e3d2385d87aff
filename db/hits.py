"""What was found, with why: read for the hits of one page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .query import Query, terms, wanted_tags
from .query_nodes import Then
from .query_reasons import Reason, held_tags, reasons
from .query_sql import films_with, shots_ending
from .query_truth import ShotFacts, ShotTag, ShotView
from .records import US_PER_SECOND, FilmTag, ShotState, Span
from .tables import film, shot, shot_tag, tag
from .times import spelled_time
from .views import film_paths, film_views, in_batches, tags_named


@dataclass(frozen=True, slots=True)
class FilmHit:
    """A film that was found. `tags` are the wanted ones whose condition holds, as in the query.

    why: every term that holds.
    """

    film_id: int
    title: str
    paths: tuple[bytes, ...]
    duration_us: int
    tags: tuple[FilmTag, ...]
    why: tuple[Reason, ...]

    @property
    def span(self) -> Span:
        """The whole film; a microsecond, if nothing of it could be decoded."""
        return Span(0, max(1, self.duration_us))


@dataclass(frozen=True, slots=True)
class ShotHit:
    """A shot that was found.

    `probabilities` are the wanted tags', as in the query, if not below tables.FLOOR. why: every
    term that holds.
    """

    film_id: int
    title: str
    paths: tuple[bytes, ...]
    ordinal: int
    span: Span
    probabilities: tuple[tuple[str, float], ...]
    why: tuple[Reason, ...]


def film_hits(
    connection: sa.Connection, query: Query, found: Sequence[sa.Row[Any]]
) -> tuple[FilmHit, ...]:
    """Read what there is to say of films: rows of (id, title, duration_us)."""
    ids = [row.id for row in found]
    paths = film_paths(connection, ids)
    views = film_views(connection, query, ids, paths)
    sequences = _sequences(connection, query, ids, shots=False)
    hits = []
    for row in found:
        view = views[row.id]
        why = reasons(query, view, sequences[row.id])
        tags = tuple(view.tags[name] for name in held_tags(query, view))
        hits.append(FilmHit(row.id, row.title, paths[row.id], row.duration_us, tags, why))
    return tuple(hits)


def shot_hits(
    connection: sa.Connection, query: Query, found: Sequence[sa.Row[Any]]
) -> tuple[ShotHit, ...]:
    """Read what there is to say of shots: rows of (id, film_id, title, ordinal and span)."""
    ids, film_ids = [row.id for row in found], list({row.film_id for row in found})
    paths = film_paths(connection, film_ids)
    views = film_views(connection, query, film_ids, paths)
    seen = _shot_tags(connection, ids, tags_named(query))
    looked_at = _looked_at(connection, ids)
    sequences = _sequences(connection, query, ids, shots=True)
    hits = []
    for row in found:
        film_view, span = views[row.film_id], Span(row.start_us, row.end_us)
        of_shot = {name: seen[row.id].get(name, ShotTag(0.0, False)) for name in film_view.tags}
        view = ShotView(film_view, ShotFacts(span, of_shot if row.id in looked_at else None))
        wanted = [n for n in wanted_tags(query, shots=True) if n in seen[row.id]]
        hits.append(
            ShotHit(
                film_id=row.film_id,
                title=row.title,
                paths=paths[row.film_id],
                ordinal=row.ordinal,
                span=span,
                probabilities=tuple((n, seen[row.id][n].probability) for n in wanted),
                why=reasons(query, view, sequences[row.id]),
            )
        )
    return tuple(hits)


def _shot_tags(
    connection: sa.Connection, shot_ids: Sequence[int], names: Sequence[str]
) -> Mapping[int, Mapping[str, ShotTag]]:
    """Read the tags that are at or over the floor."""
    seen: dict[int, dict[str, ShotTag]] = {shot_id: {} for shot_id in shot_ids}
    wanted = (
        sa.select(shot_tag.c.shot_id, tag.c.name, shot_tag.c.probability, shot_tag.c.present)
        .join(tag, tag.c.id == shot_tag.c.tag_id)
        .where(tag.c.name.in_(names))
    )
    for row in in_batches(connection, wanted, shot_tag.c.shot_id, shot_ids):
        seen[row.shot_id][row.name] = ShotTag(row.probability, row.present)
    return seen


def _looked_at(connection: sa.Connection, shot_ids: Sequence[int]) -> frozenset[int]:
    wanted = sa.select(shot.c.id).where(shot.c.state != ShotState.NOT_LOOKED_AT)
    return frozenset(row.id for row in in_batches(connection, wanted, shot.c.id, shot_ids))


def _sequences(
    connection: sa.Connection, query: Query, ids: Sequence[int], *, shots: bool
) -> Mapping[int, Mapping[Then, str]]:
    """Say of each film, or shot, which of the query's sequences it has, and where."""
    found: dict[int, dict[Then, str]] = {one: {} for one in ids}
    for node in {term for term, _ in terms(query.root, shots=shots) if isinstance(term, Then)}:
        select = shots_ending(node) if shots else films_with(node)
        for row in in_batches(connection, select, shot.c.id if shots else film.c.id, ids):
            one, time_us = tuple(row)
            time = spelled_time(time_us // (US_PER_SECOND // 10) * (US_PER_SECOND // 10))
            found[one][node] = f"{time} later" if shots else f"at {time}"
    return found
