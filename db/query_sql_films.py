"""What a query asks of a whole film as conditions in SQL; see query_sql.py."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from .folding import fold
from .query_nodes import (
    DAY_US,
    Duration,
    FilmFraction,
    FilmLeaf,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Path,
    Resolution,
    Title,
    Verdict,
)
from .query_terms import Comparison, Measure, Moment, Quantity, Word
from .records import US_PER_SECOND
from .resolutions import HIGH, WIDE, above, needed
from .stored_paths import ShownHere
from .tables import film, film_tag, index_run, location, model, tag
from .title_search import has_phrase

Clause = sa.ColumnElement[bool]


def tag_id(name: str) -> sa.ScalarSelect[int]:
    """Look up a tag's id. A tag that the database never saw is NULL, which equals nothing."""
    return sa.select(tag.c.id).where(tag.c.name == name).scalar_subquery()


def exists(source: sa.FromClause, *conditions: Clause) -> Clause:
    """Ask whether `source` has such a row; all else is the enclosing SELECTs'."""
    rows = sa.select(sa.literal(1)).select_from(source).where(*conditions)
    return rows.correlate_except(source).exists()


def film_fact(node: FilmLeaf, wanted: bool) -> Clause:
    """Say where what a film says, of itself or of a tag, is true, or where it is false."""
    match node:
        case FilmFraction(measure, name, comparison, number):
            return film_measures(name, _column(measure), comparison, number, wanted)
        case FilmSeconds(name, comparison, time_us):
            seconds = time_us / US_PER_SECOND
            return film_measures(name, film_tag.c.seconds, comparison, seconds, wanted)
        case Duration(comparison, time_us):
            return _as(wanted, comparison.compare(index_run.c.duration_us, time_us))
        case Title(phrase):
            return _as(wanted, has_phrase(fold(phrase)))
        case Path(glob):
            of_film = location.c.film_id == film.c.id
            shown = ShownHere(location.c.path_shown)
            return _as(wanted, exists(location, of_film, PathLike(shown, glob)))
        case FilmNumber(Quantity.YEAR, comparison, number):
            known = film.c.year.is_not(None)
            return sa.and_(known, _as(wanted, comparison.compare(film.c.year, number)))
        case FilmNumber(quantity, comparison, number):
            return _as(wanted, comparison.compare(_NUMBERS[quantity], number))
        case Resolution(comparison, lines):
            return _as(wanted, _resolution(comparison, lines))
        case Verdict():
            return _as(wanted, listed(node.films))
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
            return exists(model, *of_run)
        case _:
            assert_never(kind)


def _resolution(comparison: Comparison, lines: int) -> Clause:
    match comparison:
        case Comparison.AT_LEAST:
            return _reaches(lines)
        case Comparison.UNDER:
            return sa.not_(_reaches(lines))
        case Comparison.OVER:
            return _reaches(above(lines))
        case Comparison.AT_MOST:
            return sa.not_(_reaches(above(lines)))
        case Comparison.EQUAL:
            return sa.and_(_reaches(lines), sa.not_(_reaches(above(lines))))
        case _:
            assert_never(comparison)


def _reaches(lines: int | None) -> Clause:
    """Say which pictures have at least so many lines, as resolutions.lines_of has it."""
    if lines is None:
        return sa.false()
    width, height = index_run.c.width * 100, index_run.c.height * 100
    shorter, longer = (
        [side * times >= needed(lines) for side in (width, height)] for times in (WIDE, HIGH)
    )
    return sa.or_(sa.and_(*shorter), *longer)


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


def film_measures(
    name: str, column: sa.Column[float], comparison: Comparison, number: float, wanted: bool
) -> Clause:
    """Compare a measure of the film; it has none where the run's model cannot report the tag."""
    return film_has(name, _as(wanted, comparison.compare(column, number)))


def listed(films: frozenset[int]) -> Clause:
    """Say which films are among these."""
    return numbered(film.c.id, sorted(films))


def numbered(column: sa.ColumnElement[int], numbers: Sequence[int]) -> Clause:
    """Say which rows have one of these numbers."""
    # In the statement itself: there may be more of them than it takes values.
    values: sa.BindParameter[list[int]] = sa.bindparam(
        None, numbers, expanding=True, literal_execute=True
    )
    return column.in_(values)


def film_has(name: str, *conditions: Clause) -> Clause:
    """Ask the film's row for the tag. There is none where the run's model cannot report it."""
    of_film = film_tag.c.run_id == index_run.c.id, film_tag.c.tag_id == tag_id(name)
    return exists(film_tag, *of_film, *conditions)


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
