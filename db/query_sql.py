"""A query's tree as a condition in SQL (SQLAlchemy Core): on films, and on films for their shots.

Executes nothing. EXISTS is never NULL, so unknown is not left to SQL: each node is asked either
where it is *true* or where it is *false*, and what is unknown is in neither. `not` then only
exchanges the two, and De Morgan does the rest.

A condition stands in a SELECT that has `film` and its current `index_run`. Shots themselves are
judged film by film, outside SQL (shot_truth.py); here the films are found that are worth that.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from .errors import QueryError
from .folding import fold
from .query import (
    DAY_US,
    And,
    Comparison,
    Duration,
    FilmFraction,
    FilmLeaf,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Leaf,
    Measure,
    Moment,
    Node,
    Not,
    Or,
    Path,
    Present,
    Probability,
    Quantity,
    Query,
    Title,
    Word,
)
from .records import US_PER_SECOND
from .tables import FLOOR, film, film_tag, index_run, location, model, model_tag, tag

Clause = sa.ColumnElement[bool]


def film_clause(query: Query) -> Clause:
    """Say which films the query is true of."""
    return _clause(query.root, True, _film_leaf)


def may_have_shots(query: Query) -> Clause:
    """Say in which films there may be shots that the query is true of: in no others are any.

    Raises QueryError where a number lies below the probabilities that are kept for search.
    """
    _refuse_below_floor(query, query.root)
    return _clause(query.root, True, _may_have)


def film_truth(leaf: FilmLeaf) -> sa.ColumnElement[int | None]:
    """Say of a film what a leaf is: 1 for true, 0 for false, NULL for unknown."""
    return sa.case((_film_fact(leaf, True), 1), (_film_fact(leaf, False), 0), else_=None)


def tag_id(name: str) -> sa.ScalarSelect[int]:
    """Look up a tag's id. A tag that the database never saw is NULL, which equals nothing."""
    return sa.select(tag.c.id).where(tag.c.name == name).scalar_subquery()


def _clause(node: Node, wanted: bool, leaf: Callable[[Leaf, bool], Clause]) -> Clause:
    """Say where a node is true (`wanted`) or where it is false (not `wanted`)."""
    match node:
        case Not(part):
            return _clause(part, not wanted, leaf)
        case And(parts):
            join = sa.and_ if wanted else sa.or_
            return join(*(_clause(part, wanted, leaf) for part in parts))
        case Or(parts):
            join = sa.or_ if wanted else sa.and_
            return join(*(_clause(part, wanted, leaf) for part in parts))
        case _:
            return leaf(node, wanted)


def _film_leaf(node: Leaf, wanted: bool) -> Clause:
    match node:
        case Present(name):
            return _film_has(name, film_tag.c.present.is_(wanted))
        case Probability(name, comparison, number):
            return _film_measures(name, film_tag.c.peak, comparison, number, wanted)
        case _:
            return _film_fact(node, wanted)


def _film_fact(node: FilmLeaf, wanted: bool) -> Clause:
    match node:
        case FilmFraction(measure, name, comparison, number):
            return _film_measures(name, _column(measure), comparison, number, wanted)
        case FilmSeconds(name, comparison, time_us):
            seconds = time_us / US_PER_SECOND
            return _film_measures(name, film_tag.c.seconds, comparison, seconds, wanted)
        case Duration(comparison, time_us):
            return _as(wanted, comparison.compare(index_run.c.duration_us, time_us))
        case Title(phrase):
            words = sa.literal(" ") + film.c.title_folded + " "
            return _as(wanted, words.contains(f" {fold(phrase)} ", autoescape=True))
        case Path(glob):
            seen = sa.exists().where(
                location.c.film_id == film.c.id, PathLike(location.c.path_shown, glob)
            )
            return _as(wanted, seen)
        case FilmNumber(quantity, comparison, number):
            return _as(wanted, comparison.compare(_NUMBERS[quantity], number))
        case FilmWord(kind, word):
            return _as(wanted, _film_word(kind, word.lower()))
        case FilmMoment(moment, comparison, day):
            # Whole days: the moment's own, rounded down, is compared.
            return _as(wanted, comparison.compare(_MOMENTS[moment] // DAY_US, day))
        case _:
            assert_never(node)


_NUMBERS: Mapping[Quantity, sa.Column[Any]] = MappingProxyType(
    {
        Quantity.WIDTH: index_run.c.width,
        Quantity.HEIGHT: index_run.c.height,
        Quantity.FPS: index_run.c.frame_rate,
        Quantity.SHOTS: index_run.c.shots,
    }
)
_MOMENTS: Mapping[Moment, sa.Column[Any]] = MappingProxyType(
    {Moment.INDEXED: index_run.c.finished_us, Moment.ADDED: film.c.added_us}
)


def _film_word(kind: Word, word: str) -> Clause:
    match kind:
        case Word.CODEC:
            return sa.func.lower(index_run.c.codec) == word
        case Word.CONTAINER:
            return sa.func.lower(index_run.c.container) == word
        case Word.PRECISION:
            return sa.func.lower(index_run.c.precision) == word
        case Word.MODEL:
            of_run = (model.c.id == index_run.c.model_id, sa.func.lower(model.c.name) == word)
            return sa.exists().where(*of_run)
        case _:
            assert_never(kind)


def _as(wanted: bool, condition: Clause) -> Clause:
    return condition if wanted else sa.not_(condition)


def _column(measure: Measure) -> sa.Column[float]:
    match measure:
        case Measure.COVERAGE:
            return film_tag.c.coverage
        case Measure.PEAK:
            return film_tag.c.peak
        case Measure.RELEVANCE:
            return film_tag.c.relevance
        case _:
            assert_never(measure)


def _film_measures(
    name: str, column: sa.Column[float], comparison: Comparison, number: float, wanted: bool
) -> Clause:
    return _film_has(name, _as(wanted, comparison.compare(column, number)))


def _film_has(name: str, *conditions: Clause) -> Clause:
    """Ask the film's row for the tag. There is none where the run's model cannot report it."""
    return sa.exists().where(
        film_tag.c.run_id == index_run.c.id, film_tag.c.tag_id == tag_id(name), *conditions
    )


def _may_have(node: Leaf, wanted: bool) -> Clause:
    """Say which films may have a shot of which a leaf is true (`wanted`) or false.

    Of a tag's probabilities a film knows the peak; by a tag's lowest threshold in any model that
    tells whether a shot may have it. IN rather than EXISTS: SQLite can then start from the index
    on (tag_id, peak).
    """
    match node:
        case Present(name) if wanted:
            least = sa.select(sa.func.min(model_tag.c.threshold)).where(
                model_tag.c.tag_id == tag_id(name)
            )
            return index_run.c.id.in_(_runs_with(name, film_tag.c.peak >= least.scalar_subquery()))
        case Present(name):
            return _film_has(name)
        case Probability(name, comparison, number) if comparison.downward == wanted:
            return _film_has(name)
        case Probability(name, Comparison.EQUAL, number):
            return index_run.c.id.in_(_runs_with(name, film_tag.c.peak >= number))
        case Probability(name, comparison, number):
            upward = comparison if wanted else comparison.opposite
            return index_run.c.id.in_(_runs_with(name, upward.compare(film_tag.c.peak, number)))
        case _:
            return _film_fact(node, wanted)


def _runs_with(name: str, *conditions: Clause) -> sa.Select[tuple[int]]:
    return sa.select(film_tag.c.run_id).where(film_tag.c.tag_id == tag_id(name), *conditions)


def _refuse_below_floor(query: Query, node: Node) -> None:
    match node:
        case Not(part):
            _refuse_below_floor(query, part)
        case And(parts) | Or(parts):
            for part in parts:
                _refuse_below_floor(query, part)
        case Probability(name, _, number) if number < FLOOR:
            message = (
                f"{name}: probabilities under {FLOOR} are not kept for searching shots; "
                f"ask for {FLOOR} or more, or search films"
            )
            raise QueryError(message, query.text or str(query), node.column)
        case _:
            pass


class PathLike(sa.ColumnElement[bool]):
    """A shown path is like a glob of `*` and `?`, letter case counting, from end to end.

    LIKE heeds case on PostgreSQL only, GLOB is SQLite's own: each says it in its own words.
    """

    inherit_cache = False

    def __init__(self, path: sa.ColumnElement[str], glob: str) -> None:
        self.path, self.glob = path, glob
        self.type = sa.Boolean()


@compiles(PathLike)
def _path_like(element: PathLike, compiler: SQLCompiler, **options: Any) -> str:
    pattern = element.glob
    for character in "\\%_":
        pattern = pattern.replace(character, f"\\{character}")
    pattern = pattern.replace("*", "%").replace("?", "_")
    return compiler.process(element.path.like(pattern, escape="\\"), **options)


@compiles(PathLike, "sqlite")
def _path_glob(element: PathLike, compiler: SQLCompiler, **options: Any) -> str:
    pattern = element.glob.replace("[", "[[]")
    return compiler.process(element.path.op("GLOB", is_comparison=True)(pattern), **options)
