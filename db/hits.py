"""What was found, with why: read for the hits of one page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from . import bulk, models
from .first_shots import Found
from .query import Query, terms, wanted_tags
from .query_nodes import Then
from .query_reasons import Reason, held_tags, reasons
from .query_truth import FilmView, ShotFacts, ShotTag, ShotView
from .records import US_PER_SECOND, FilmTag, Span
from .sequences_found import first_ends_us, gaps_of_shots_us
from .tables import FLOOR, shot
from .times import spelled_time
from .vectors import unpacked
from .views import film_paths, film_views, tags_named


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
        """The whole film."""
        return whole(self.duration_us)


@dataclass(frozen=True, slots=True)
class ShotHit:
    """A shot that was found.

    `probabilities` are the wanted tags', as in the query, if they are kept for searching. why:
    every term that holds.
    """

    film_id: int
    title: str
    paths: tuple[bytes, ...]
    ordinal: int
    span: Span
    probabilities: tuple[tuple[str, float], ...]
    why: tuple[Reason, ...]


def whole(duration_us: int) -> Span:
    """Return a whole film as a stretch: a microsecond, if nothing of it could be decoded."""
    return Span(0, max(1, duration_us))


def film_hits(
    connection: sa.Connection, query: Query, found: Sequence[sa.Row[Any]]
) -> tuple[FilmHit, ...]:
    """Read what there is to say of films: rows of (id, title, duration_us)."""
    ids = [row.id for row in found]
    paths = film_paths(connection, ids)
    views = film_views(connection, query, ids, paths)
    ends = {node: first_ends_us(connection, node, ids) for node in _sequences(query, shots=False)}
    hits = []
    for row in found:
        view = views[row.id]
        times = {node: f"at {_tenths(at[row.id])}" for node, at in ends.items() if row.id in at}
        tags = tuple(view.tags[name] for name in held_tags(query, view))
        why = reasons(query, view, times)
        hits.append(FilmHit(row.id, row.title, paths[row.id], row.duration_us, tags, why))
    return tuple(hits)


def shot_hits(
    connection: sa.Connection, query: Query, found: Sequence[Found]
) -> tuple[ShotHit, ...]:
    """Read what there is to say of shots."""
    film_ids = list({one.film.id for one in found})
    paths = film_paths(connection, film_ids)
    views = film_views(connection, query, film_ids, paths)
    columns = models.columns_of(connection, {one.film.model_id for one in found}, tags_named(query))
    places = [(one.film.id, one.ordinal) for one in found]
    gaps = {
        node: gaps_of_shots_us(connection, node, places) for node in _sequences(query, shots=True)
    }
    rows = _shots(connection, found)
    hits = []
    for one, place in zip(found, places, strict=True):
        times = {node: f"{_tenths(at[place])} later" for node, at in gaps.items() if place in at}
        of_shot = _Shot(one, *rows[one.film.run_id, one.ordinal], columns[one.film.model_id], times)
        hits.append(of_shot.hit(query, views[one.film.id], paths[one.film.id]))
    return tuple(hits)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A found shot, what is stored of it, and where its tags stand in that."""

    found: Found
    span: Span
    vector: bytes | None
    columns: Sequence[models.Column]
    times: Mapping[Then, str]

    def hit(self, query: Query, film: FilmView, paths: tuple[bytes, ...]) -> ShotHit:
        tags = self._tags()
        kept = {name: min(FLOOR, threshold) for name, _, threshold in self.columns}
        wanted = [name for name in wanted_tags(query, shots=True) if tags and name in tags]
        return ShotHit(
            film_id=self.found.film.id,
            title=self.found.film.title,
            paths=paths,
            ordinal=self.found.ordinal,
            span=self.span,
            probabilities=tuple(
                (name, tags[name].probability)
                for name in wanted
                if tags and tags[name].probability >= kept[name]
            ),
            why=reasons(query, ShotView(film, ShotFacts(self.span, tags)), self.times),
        )

    def _tags(self) -> Mapping[str, ShotTag] | None:
        if self.vector is None:
            return None
        values = unpacked(self.vector)
        return {
            name: ShotTag(values[at], values[at] >= threshold)
            for name, at, threshold in self.columns
        }


def _shots(
    connection: sa.Connection, found: Sequence[Found]
) -> dict[tuple[int, int], tuple[Span, bytes | None]]:
    """Read of shots, by run and ordinal, where they lie, and their probabilities, if any."""
    columns = ("run_id", "ordinal", "start_us", "end_us", "probabilities")
    wanted = [(one.film.run_id, one.ordinal) for one in found]
    rows = bulk.select_numbered(connection, shot, columns, ("run_id", "ordinal"), wanted)
    return {(run, n): (Span(start_us, end_us), vector) for run, n, start_us, end_us, vector in rows}


def _sequences(query: Query, *, shots: bool) -> tuple[Then, ...]:
    asked = (term for term, _ in terms(query.root, shots=shots) if isinstance(term, Then))
    return tuple(dict.fromkeys(asked))


def _tenths(time_us: int) -> str:
    tenth = US_PER_SECOND // 10
    return spelled_time(time_us // tenth * tenth)
