"""Films with shots that a query may be true of, thousands at a time, and what is kept of these.

Read from blocks (blocks.py): every film's shots are looked at, unless something that the query asks
of films leaves them out. That is faster than finding out first where it is worth it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk
from .batch import Batch, TagColumn
from .block_reading import BlockReader, all_films, parts
from .blocks import Films
from .films_in_order import FILMS
from .query import Query, terms, wanted_tags
from .query_nodes import (
    FilmLeaf,
    Found,
    Present,
    Probability,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    ReviewLeaf,
    Then,
)
from .query_sql import film_truth, may_have_shots, said_of
from .query_sql_films import numbered
from .tables import film, model_tag, tag
from .vectors import bits_from


def batches(connection: sa.Connection, query: Query) -> Iterator[Batch]:
    """Yield all films that may have shots that the query is true of, by their ids.

    Raises QueryError as `may_have_shots` does.
    """
    yield from batches_of(connection, query, may_have_shots(query))


def batches_of(
    connection: sa.Connection, query: Query, *conditions: sa.ColumnElement[bool]
) -> Iterator[Batch]:
    """Yield the films of which some conditions hold, whatever shots they have, by their ids."""
    reader = BatchReader.of(connection, query)
    yield from reader.batches(reader.films_with(conditions))


@dataclass(frozen=True, slots=True)
class BatchReader:
    """Reads what a query asks of films; `every` one that has a complete run, by their ids."""

    connection: sa.Connection
    every: Films
    asked: "_Asked"
    tags: "_Tags"

    @classmethod
    def of(cls, connection: sa.Connection, query: Query) -> "BatchReader":
        """Look up what the query speaks of."""
        asked = _Asked.of(query)
        return cls(connection, all_films(connection), asked, _Tags.read(connection, asked.tags))

    def films_with(self, conditions: Sequence[sa.ColumnElement[bool]]) -> Films:
        """Return the films of which some conditions hold, by their ids."""
        asked = [one for one in conditions if one is not sa.true()]
        if not asked:
            return self.every
        found = sa.select(film.c.id).select_from(FILMS).where(*asked)
        ids = bulk.numbers(self.connection, found)[0]
        return self.every[np.isin(self.every["film_id"], ids)]

    def batches(self, films: Films) -> Iterator[Batch]:
        """Read films, given by their ids, some thousand at a time."""
        return map(self.batch, parts(films))

    def batch(self, films: Films) -> Batch:
        """Read some films, given by their ids, with what is kept of their shots."""
        reader = BlockReader.of(self.connection, self.every, films)
        return Batch(
            films,
            cache(reader.unseen),
            {name: self._column(reader, tag_id) for tag_id, name in self.tags.ids.items()},
            _truths(self.connection, films, self.asked.of_films),
            {leaf: _said(self.connection, leaf, reader) for leaf in self.asked.of_stretches},
            reader.spans_us,
        )

    def _column(self, reader: BlockReader, tag_id: int) -> TagColumn:
        sizes, ordinals, values = reader.tag(tag_id)
        least, reported = self.tags.least(reader.films, tag_id)
        return TagColumn(reader.starts, sizes, ordinals, values, least, reported)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a query asks of films, of tags in shots, and of stretches."""

    of_films: tuple[FilmLeaf, ...]
    tags: tuple[str, ...]
    of_stretches: tuple[ReviewLeaf | Found, ...]

    @classmethod
    def of(cls, query: Query) -> "_Asked":
        films: dict[FilmLeaf, None] = {}
        tags: dict[str, None] = {}
        stretches: dict[ReviewLeaf | Found, None] = {}
        for term, _ in terms(query.root, shots=False):
            match term:
                case Present(name) | Probability(name):
                    tags[name] = None
                case Reviewed() | ReviewedTag() | ReviewedBy() | Found():
                    stretches[term] = None
                case Then():
                    pass
                case _:
                    films[term] = None
        tags |= dict.fromkeys(wanted_tags(query, shots=True))
        return cls(tuple(films), tuple(tags), tuple(stretches))


@dataclass(frozen=True, slots=True)
class _Tags:
    """Tags by id and name, and the threshold of each in the models that report it."""

    ids: Mapping[int, str]
    thresholds: Mapping[tuple[int, int], float]

    @classmethod
    def read(cls, connection: sa.Connection, names: Sequence[str]) -> "_Tags":
        """Look tags up; those that the database never saw have no id."""
        found = sa.select(tag.c.id, tag.c.name).where(tag.c.name.in_(names))
        ids: dict[int, str] = dict(connection.execute(found).all())
        ids |= {-n: name for n, name in enumerate(names, 1) if name not in ids.values()}
        reported = sa.select(model_tag.c.model_id, model_tag.c.tag_id, model_tag.c.threshold).where(
            model_tag.c.tag_id.in_(ids), model_tag.c.threshold.is_not(None)
        )
        thresholds = {
            (row.model_id, row.tag_id): row.threshold for row in connection.execute(reported)
        }
        return cls(ids, thresholds)

    def least(
        self, films: Films, tag_id: int
    ) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
        """Return for each film from which bits on the tag is present, and whether it is reported.

        `(K,)` each. Where a model does not report it, it is never present.
        """
        models, which = np.unique(films["model_id"], return_inverse=True)
        own = [self.thresholds.get((model_id, tag_id)) for model_id in models.tolist()]
        bits = np.array([bits_from(np.inf if at is None else at) for at in own], np.uint16)
        return bits[which], np.array([at is not None for at in own], bool)[which]


def _truths(
    connection: sa.Connection, films: Films, leaves: Sequence[FilmLeaf]
) -> Mapping[FilmLeaf, npt.NDArray[np.int8]]:
    if not leaves:
        return {}
    truths = (film_truth(leaf) for leaf in leaves)
    columns = [sa.func.coalesce(one, -1).label(f"truth_{n}") for n, one in enumerate(truths)]
    ids = films["film_id"].tolist()
    asked = sa.select(film.c.id, *columns).select_from(FILMS).where(numbered(film.c.id, ids))
    table = bulk.numbers(connection, asked.order_by(film.c.id)).astype(np.int8)
    return {leaf: table[n] for n, leaf in enumerate(leaves, 1)}


def _said(
    connection: sa.Connection, leaf: ReviewLeaf | Found, reader: BlockReader
) -> npt.NDArray[np.bool_]:
    """Tell which shots have a part of a stretch of which the leaf is true: `(S,)`."""
    said = np.zeros(reader.shots, bool)
    ids, select = reader.films["film_id"], said_of(leaf)
    of_films = select.where(numbered(select.selected_columns[0], ids.tolist()))
    stretches = list(map(tuple, connection.execute(of_films)))
    needed = np.unique(np.searchsorted(ids, [film_id for film_id, *_ in stretches]))
    sizes, spans_us = reader.spans_of_films_us(needed)
    ends = np.cumsum(sizes)
    starts = dict(zip(ids[needed].tolist(), reader.starts[needed].tolist(), strict=True))
    of_film = dict(zip(ids[needed].tolist(), zip(ends - sizes, ends, strict=True), strict=True))
    for film_id, start_us, end_us in stretches:
        begins_us, ends_us = spans_us[:, slice(*of_film[film_id])]
        touched = (begins_us < end_us) & (start_us < ends_us)
        said[starts[film_id] : starts[film_id] + len(touched)] |= touched
    return said
