"""Films with shots that a query may be true of, a batch at a time, each with what is kept of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk
from .bulk import Numbers
from .films_in_order import FILMS, Arrangement, RunIds, run_ids
from .packed_shots import NUMBERS
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
from .records import ShotState
from .shot_truth import Batch, TagColumn
from .tables import film, index_run, model_tag, shot, tag, tag_shots
from .tag_shots import unpacked

# Few films first: where many shots match they fill a page. Then ever more, for the sake of speed.
SIZES = (8, 56, 448, 512)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """K films, in the order in which they were asked for, and their shots as arrays.

    films: rows of (id, title, title_folded, run_id, model_id, shots, ...).
    """

    films: Sequence[sa.Row[Any]]
    shots: Batch


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """Films that may have such shots, of which only the first is known yet, by its bounds.

    read: reads them, and what is kept of their shots.
    """

    first: sa.Row[Any]
    read: Callable[[], Candidates]


def unread(
    connection: sa.Connection,
    query: Query,
    columns: Sequence[sa.ColumnElement[Any]],
    bounds: Sequence[sa.ColumnElement[Any]],
    arrangement: Arrangement,
    *conditions: sa.ColumnElement[bool],
) -> Iterator[Unread]:
    """Yield all films that may have shots that the query is true of, in an order.

    columns: more to know of each film; bounds: what to know of the first before others are read.
    Raises QueryError as `may_have_shots` does.
    """
    may = may_have_shots(query)
    reader = _Reader.of(connection, query, columns)
    of_first = sa.select(*bounds).select_from(FILMS)
    for runs in _growing(run_ids(connection, arrangement, (may, *conditions))):
        first = connection.execute(of_first.where(index_run.c.id == int(runs[0]))).one()
        yield Unread(first, partial(reader.read, runs))


def batches(connection: sa.Connection, query: Query) -> Iterator[Candidates]:
    """Yield all films that may have shots that the query is true of, in no order.

    Raises QueryError as `may_have_shots` does.
    """
    yield from batches_of(connection, query, may_have_shots(query))


def batches_of(
    connection: sa.Connection, query: Query, *conditions: sa.ColumnElement[bool]
) -> Iterator[Candidates]:
    """Yield the films of which some conditions hold, whatever shots they have."""
    reader = _Reader.of(connection, query, ())
    yield from map(reader.read, _growing(run_ids(connection, Arrangement(), conditions)))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads films by their runs, and what is kept of their shots."""

    connection: sa.Connection
    asked: "_Asked"
    tags: "Tags"
    wanted: sa.Select[Any]

    @classmethod
    def of(
        cls, connection: sa.Connection, query: Query, columns: Sequence[sa.ColumnElement[Any]]
    ) -> "_Reader":
        asked = _Asked.of(query)
        truths = (film_truth(leaf).label(f"truth_{n}") for n, leaf in enumerate(asked.of_films))
        wanted = sa.select(*_KNOWN, *columns, *truths).select_from(FILMS)
        return cls(connection, asked, Tags.read(connection, asked.tags), wanted)

    def read(self, runs: RunIds) -> Candidates:
        """Read films in the order of their runs."""
        these = numbered(index_run.c.id, runs.tolist())
        by_run = {
            row.run_id: row for row in self.connection.execute(self.wanted.where(these)).all()
        }
        rows = [by_run[run_id] for run_id in runs.tolist()]
        truths = _truths(rows, self.asked.of_films)
        return Candidates(rows, self.tags.batch(self.connection, rows, truths, self.asked))


_KNOWN = (
    film.c.id,
    film.c.title,
    film.c.title_folded,
    index_run.c.id.label("run_id"),
    index_run.c.model_id,
    index_run.c.shots,
)


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


def _growing(runs: RunIds) -> Iterator[RunIds]:
    start, sizes = 0, chain(SIZES, repeat(SIZES[-1]))
    while start < len(runs):
        size = next(sizes)
        yield runs[start : start + size]
        start += size


def _truths(
    rows: Sequence[sa.Row[Any]], leaves: Sequence[FilmLeaf]
) -> Mapping[FilmLeaf, npt.NDArray[np.int8]]:
    if not leaves:
        return {}
    values = [row[len(row) - len(leaves) :] for row in rows]
    table = np.array([[-1 if v is None else v for v in row] for row in values], np.int8)
    return {leaf: table[:, n] for n, leaf in enumerate(leaves)}


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags by id and name, and the threshold of each in the models that report it."""

    names: Mapping[int, str]
    thresholds: Mapping[tuple[int, int], float]

    @classmethod
    def read(cls, connection: sa.Connection, names: Sequence[str]) -> "Tags":
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

    def batch(
        self,
        connection: sa.Connection,
        rows: Sequence[sa.Row[Any]],
        film_truths: Mapping[FilmLeaf, npt.NDArray[np.int8]],
        asked: _Asked,
    ) -> Batch:
        """Read what is kept of some films' shots."""
        counts = np.array([row.shots for row in rows], np.int64)
        ends = np.cumsum(counts)
        starts = dict(zip((row.run_id for row in rows), (ends - counts).tolist(), strict=True))
        looked_at = np.ones(int(ends[-1]), bool)
        runs = Numbers.of(starts)
        if self.names:
            looked_at[_unseen(connection, starts, runs)] = False
        models = {row.run_id: row.model_id for row in rows}
        kept = _kept(connection, runs, tuple(self.names))
        columns = {
            name: self._column(tag_id, models, starts, kept.get(tag_id, ()))
            for tag_id, name in self.names.items()
        }
        placed = tuple(_Run(row.id, row.run_id, starts[row.run_id], row.shots) for row in rows)
        said = {leaf: _said(connection, leaf, placed) for leaf in asked.of_stretches}
        return Batch(counts, looked_at, columns, film_truths, said, _Times(connection, placed))

    def _column(
        self,
        tag_id: int,
        models: Mapping[int, int],
        starts: Mapping[int, int],
        kept: Sequence[tuple[Any, ...]],
    ) -> TagColumn:
        sizes, ordinals, values = unpacked([(row[1], row[2]) for row in kept])
        first = np.array([starts[run_id] for run_id, *_ in kept], np.int64)
        never = float("inf")
        of_model = {one: self.thresholds.get((one, tag_id), never) for one in set(models.values())}
        least = [of_model[models[run_id]] for run_id, *_ in kept]
        present = values >= np.repeat(np.array(least, np.float64), sizes)
        reported = [(model_id, tag_id) in self.thresholds for model_id in models.values()]
        places = ordinals + np.repeat(first, sizes)
        return TagColumn(places, values, present, np.array(reported, bool))


def _kept(
    connection: sa.Connection, runs: Numbers, tag_ids: Sequence[int]
) -> dict[int, Sequence[tuple[Any, ...]]]:
    found: dict[int, Sequence[tuple[Any, ...]]] = {}
    columns = ("run_id", "ordinals", "probabilities")
    for tag_id in tag_ids:
        of_tag = {"tag_id": tag_id}
        found[tag_id] = bulk.select_among(connection, tag_shots, columns, of_tag, "run_id", runs)
    return found


def _unseen(connection: sa.Connection, starts: Mapping[int, int], runs: Numbers) -> list[int]:
    """Name the places of shots that were not looked at."""
    unseen = {"state": NUMBERS[ShotState.NOT_LOOKED_AT]}
    rows = bulk.select_among(connection, shot, ("run_id", "ordinal"), unseen, "run_id", runs)
    return [starts[run_id] + ordinal for run_id, ordinal in rows]


@dataclass(frozen=True, slots=True)
class _Run:
    """A film's run, and where its shots lie among those of the batch."""

    film_id: int
    run_id: int
    start: int
    shots: int


@dataclass(frozen=True, slots=True)
class _Times:
    """Reads when shots begin and end, of whole runs, each run once; called with rising places."""

    connection: sa.Connection
    runs: Sequence[_Run]
    _read: dict[int, npt.NDArray[np.int64]] = field(default_factory=dict)

    def __call__(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        starts = np.array([run.start for run in self.runs], np.int64)
        # The last run that begins at or before a place: those without shots have none.
        of_runs = np.searchsorted(starts, places, side="right") - 1
        needed = [self.runs[at] for at in np.unique(of_runs).tolist()]
        times = self.of_runs(needed)
        found_us = np.zeros((2, len(places)), np.int64)
        for run in needed:
            those = slice(*np.searchsorted(places, (run.start, run.start + run.shots)))
            found_us[:, those] = times[run.run_id][:, places[those] - run.start]
        return found_us

    def of_runs(self, runs: Sequence[_Run]) -> Mapping[int, npt.NDArray[np.int64]]:
        """Read all of some runs': `(2, N)` each.

        As one text of numbers for a run, since a row for each shot takes ten times as long. They
        may come in any order; but shots partition the film, so that once sorted they are in order.
        """
        texts = (
            sa.func.aggregate_strings(sa.cast(column, sa.Text), ",")
            for column in (shot.c.start_us, shot.c.end_us)
        )
        new = [run.run_id for run in runs if run.run_id not in self._read]
        wanted = sa.select(shot.c.run_id, *texts).where(shot.c.run_id.in_(new))
        for row in self.connection.execute(wanted.group_by(shot.c.run_id)):
            numbers = [np.fromstring(text, np.int64, sep=",") for text in row[1:]]
            self._read[row[0]] = np.sort(numbers)
        return self._read


def _said(
    connection: sa.Connection, leaf: ReviewLeaf | Found, runs: Sequence[_Run]
) -> npt.NDArray[np.bool_]:
    """Tell which shots have a part of a stretch of which the leaf is true: `(S,)`."""
    said = np.zeros(sum(run.shots for run in runs), bool)
    by_film = {run.film_id: run for run in runs}
    times = _Times(connection, runs)
    select = said_of(leaf)
    of_films = select.where(select.selected_columns[0].in_(list(by_film)))
    stretches = list(map(tuple, connection.execute(of_films)))
    read = times.of_runs([by_film[n] for n in dict.fromkeys(one[0] for one in stretches)])
    for film_id, start_us, end_us in stretches:
        run = by_film[film_id]
        if run.shots:
            begins_us, ends_us = read[run.run_id]
            touched = (begins_us < end_us) & (start_us < ends_us)
            said[run.start : run.start + run.shots] |= touched
    return said
