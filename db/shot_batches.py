"""Films with shots that a query may be true of, a batch at a time, each with what is kept of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk
from .bulk import Numbers
from .packed_shots import NUMBERS
from .query import And, FilmLeaf, Leaf, Node, Not, Or, Present, Probability, Query, wanted_tags
from .query_sql import film_truth, may_have_shots
from .records import ShotState
from .shot_truth import Batch, TagColumn
from .tables import film, index_run, model_tag, shot, tag, tag_shots
from .tag_shots import unpacked

# Few films first: where many shots match they fill a page. Then ever more, for the sake of speed.
SIZES = (8, 64, 512, 2048)
# Films with their current runs.
FILMS = index_run.join(
    film, sa.and_(film.c.id == index_run.c.film_id, film.c.current_run_id == index_run.c.id)
)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """K films, in the order in which they were asked for, and their shots as arrays.

    films: rows of (id, title, title_folded, run_id, model_id, shots, ...).
    """

    films: Sequence[sa.Row[Any]]
    shots: Batch


def batches(
    connection: sa.Connection,
    query: Query,
    columns: Sequence[sa.ColumnElement[Any]] = (),
    order: Sequence[sa.ColumnElement[Any]] = (),
    *conditions: sa.ColumnElement[bool],
) -> Iterator[Candidates]:
    """Yield all films that may have shots that the query is true of, in an order.

    columns: more to know of each film. Raises QueryError as `may_have_shots` does.
    """
    leaves = tuple(dict.fromkeys(_leaves(query.root)))
    of_films = [leaf for leaf in leaves if not isinstance(leaf, Present | Probability)]
    of_shots = [leaf.tag for leaf in leaves if isinstance(leaf, Present | Probability)]
    names = dict.fromkeys([*of_shots, *wanted_tags(query)])
    known = (film.c.id, film.c.title, film.c.title_folded)
    of_run = (index_run.c.id.label("run_id"), index_run.c.model_id, index_run.c.shots)
    truths = (film_truth(leaf).label(f"truth_{n}") for n, leaf in enumerate(of_films))
    found = (
        sa.select(*known, *of_run, *columns, *truths)
        .select_from(FILMS)
        .where(index_run.c.state == "complete", may_have_shots(query), *conditions)
        .order_by(*order)
    )
    tags = Tags.read(connection, tuple(names))
    with connection.execute(found) as result:
        for rows in _growing(result):
            shots = tags.batch(connection, rows, _truths(rows, of_films))
            yield Candidates(rows, shots)


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Not(part):
            yield from _leaves(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case _:
            yield node


def _growing(result: sa.CursorResult[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    step = 0
    while rows := result.fetchmany(SIZES[step]):
        yield rows
        step = min(step + 1, len(SIZES) - 1)


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
        return Batch(counts, looked_at, columns, film_truths)

    def _column(
        self,
        tag_id: int,
        models: Mapping[int, int],
        starts: Mapping[int, int],
        kept: Sequence[sa.Row[Any]],
    ) -> TagColumn:
        sizes, ordinals, values = unpacked([(row.ordinals, row.probabilities) for row in kept])
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
) -> dict[int, Sequence[sa.Row[Any]]]:
    found: dict[int, Sequence[sa.Row[Any]]] = {}
    columns = ("run_id", "ordinals", "probabilities")
    for tag_id in tag_ids:
        of_tag = {"tag_id": tag_id}
        found[tag_id] = bulk.select_among(connection, tag_shots, columns, of_tag, "run_id", runs)
    return found


def _unseen(connection: sa.Connection, starts: Mapping[int, int], runs: Numbers) -> list[int]:
    """Name the places of shots that were not looked at."""
    unseen = {"state": NUMBERS[ShotState.NOT_LOOKED_AT]}
    rows = bulk.select_among(connection, shot, ("run_id", "ordinal"), unseen, "run_id", runs)
    return [starts[row.run_id] + row.ordinal for row in rows]
