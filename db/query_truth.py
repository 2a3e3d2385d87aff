"""What a query means for plain values: the truth of a node of one film, or of one shot.

Truth is three-valued (Kleene's strong logic): `None` is *unknown*. A tag is unknown for a shot that
was never looked at, and for whatever was indexed by a model that cannot report the tag; a year is
unknown where no title or folder tells it. Unknown stays unknown under `not`, so neither `tag`,
`-tag` nor `tag<0.5` finds it; `title:x or tag` still finds it by its title. A query matches what it
is true of.
"""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from .folding import fold
from .query_nodes import (
    DAY_US,
    And,
    Duration,
    FilmFraction,
    FilmLeaf,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Found,
    Node,
    Not,
    Or,
    Path,
    Present,
    Probability,
    Resolution,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    ReviewLeaf,
    Then,
    Title,
    Verdict,
)
from .query_terms import Measure, Moment, Quantity, Word
from .records import US_PER_SECOND, FilmTag, Span
from .resolutions import lines_of

Truth = bool | None


@dataclass(frozen=True, slots=True)
class ShotTag:
    """A shot's probability of a tag, and whether that is at or over the tag's own threshold."""

    probability: float
    present: bool


@dataclass(frozen=True, slots=True)
class ShotFacts:
    """What a query may ask of a shot itself.

    `tags` by name, all that are reportable, zeros too; none if the shot was never looked at.
    """

    span: Span
    tags: Mapping[str, ShotTag] | None


@dataclass(frozen=True, slots=True)
class Remark:
    """That somebody has said something of a stretch of a film."""

    tag: str
    reviewer: str
    span: Span


@dataclass(frozen=True, slots=True)
class FilmView:
    """What a query may ask of a film. `paths` as shown; `tags` by name, all that are reportable.

    numbers: a year is there if it is known. moments_us: since 1970, UTC. found: what saved
    searches have found before, by their names.
    """

    film_id: int
    title: str
    paths: tuple[str, ...]
    duration_us: int
    tags: Mapping[str, FilmTag]
    numbers: Mapping[Quantity, float] = field(default_factory=dict)
    words: Mapping[Word, str] = field(default_factory=dict)
    moments_us: Mapping[Moment, int] = field(default_factory=dict)
    shots: tuple[ShotFacts, ...] = ()
    remarks: tuple[Remark, ...] = ()
    found: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShotView:
    """A shot and the film that it is in."""

    film: FilmView
    shot: ShotFacts


def truth(node: Node, subject: FilmView | ShotView) -> Truth:
    """Tell whether a node is true, false or unknown (None) of a film or a shot."""
    match node:
        case Not(part):
            return _negated(truth(part, subject))
        case And(parts):
            return _all(truth(part, subject) for part in parts)
        case Or(parts):
            return _any(truth(part, subject) for part in parts)
        case Then():
            return _truth_of_sequence(node, subject)
        case Present() | Probability():
            return _truth_of_tag(node, subject)
        case Reviewed() | ReviewedTag() | ReviewedBy():
            return _truth_of_review(node, subject)
        case Found(name):
            film = _film(subject)
            return any(_touches(span, subject) for span in film.found.get(name, ()))
        case _:
            return _truth_of_film(node, _film(subject))


def follows(first: Span, second: Span, within_us: int | None) -> bool:
    """Tell whether one span comes after another, and soon enough."""
    gap_us = second.start_us - first.end_us
    return gap_us >= 0 and (within_us is None or gap_us <= within_us)


def _film(subject: FilmView | ShotView) -> FilmView:
    return subject.film if isinstance(subject, ShotView) else subject


def _negated(value: Truth) -> Truth:
    return None if value is None else not value


def _all(values: Iterable[Truth]) -> Truth:
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def _any(values: Iterable[Truth]) -> Truth:
    return _negated(_all(_negated(value) for value in values))


def _truth_of_sequence(node: Then, subject: FilmView | ShotView) -> Truth:
    if isinstance(subject, FilmView):
        return _any(truth(node, ShotView(subject, shot)) for shot in subject.shots)
    before = [
        ShotView(subject.film, shot)
        for shot in subject.film.shots
        if follows(shot.span, subject.shot.span, node.within_us)
    ]
    first = _any(truth(node.first, shot) for shot in before)
    return _all((first, truth(node.second, subject)))


def _truth_of_tag(node: Present | Probability, subject: FilmView | ShotView) -> Truth:
    tags = subject.shot.tags if isinstance(subject, ShotView) else subject.tags
    entry = tags.get(node.tag) if tags is not None else None
    if entry is None:
        return None
    match node:
        case Present():
            return entry.present
        case Probability(_, comparison, number):
            value = entry.peak if isinstance(entry, FilmTag) else entry.probability
            return bool(comparison.compare(value, number))
        case _:
            assert_never(node)


def _truth_of_review(node: ReviewLeaf, subject: FilmView | ShotView) -> bool:
    return any(
        _touches(remark.span, subject) and _is_about(node, remark)
        for remark in _film(subject).remarks
    )


def _is_about(node: ReviewLeaf, remark: Remark) -> bool:
    match node:
        case Reviewed():
            return True
        case ReviewedTag(tag):
            return remark.tag == tag
        case ReviewedBy(reviewer):
            return remark.reviewer == reviewer
        case _:
            assert_never(node)


def _touches(span: Span, subject: FilmView | ShotView) -> bool:
    """Tell whether a span has a part of the shot; of a film it always has."""
    if isinstance(subject, FilmView):
        return True
    shot = subject.shot.span
    return span.start_us < shot.end_us and shot.start_us < span.end_us


def _truth_of_film(node: FilmLeaf, film: FilmView) -> Truth:
    match node:
        case FilmFraction() | FilmSeconds():
            return _truth_of_measure(node, film)
        case Duration(comparison, time_us):
            return bool(comparison.compare(film.duration_us, time_us))
        case Title(phrase):
            return f" {fold(phrase)} " in f" {fold(film.title)} "
        case Path(glob):
            pattern = glob.replace("[", "[[]")
            return any(fnmatch.fnmatchcase(path, pattern) for path in film.paths)
        case FilmWord(kind, word):
            return film.words[kind].lower() == word.lower()
        case FilmMoment(moment, comparison, day):
            return bool(comparison.compare(film.moments_us[moment] // DAY_US, day))
        case Verdict():
            return film.film_id in node.films
        case FilmNumber() | Resolution():
            return _truth_of_number(node, film)
        case _:
            assert_never(node)


def _truth_of_number(node: FilmNumber | Resolution, film: FilmView) -> Truth:
    match node:
        case FilmNumber(Quantity.YEAR, _, _) if Quantity.YEAR not in film.numbers:
            return None
        case FilmNumber(quantity, comparison, number):
            return bool(comparison.compare(film.numbers[quantity], number))
        case Resolution(comparison, lines):
            width, height = (int(film.numbers[q]) for q in (Quantity.WIDTH, Quantity.HEIGHT))
            return bool(comparison.compare(lines_of(width, height), lines))
        case _:
            assert_never(node)


def _truth_of_measure(node: FilmFraction | FilmSeconds, film: FilmView) -> Truth:
    if (entry := film.tags.get(node.tag)) is None:
        return None
    match node:
        case FilmFraction(measure, _, comparison, number):
            values = {
                Measure.COVERAGE: entry.coverage,
                Measure.PEAK: entry.peak,
                Measure.RELEVANCE: entry.relevance,
            }
            return bool(comparison.compare(values[measure], number))
        case FilmSeconds(_, comparison, time_us):
            return bool(comparison.compare(entry.seconds, time_us / US_PER_SECOND))
        case _:
            assert_never(node)
