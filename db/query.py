"""The query language as a tree: what it means for plain values, and how it is spelled.

One tree, two views: `Query.matches` here asks a film or a shot in memory, `query_sql.py` asks the
database, and the tests hold one against the other. `query_parser.py` reads text into the tree.

Truth is three-valued (Kleene's strong logic): `None` is *unknown*. A tag is unknown for a shot that
was never looked at, and for whatever was indexed by a model that cannot report the tag. Unknown
stays unknown under `not`, so neither `tag`, `-tag` nor `tag<0.5` finds it; `title:x or tag` still
finds it by its title. A query matches what it is true of.
"""

import fnmatch
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, assert_never

from .folding import fold
from .records import US_PER_SECOND, FilmTag

# Times are stored as signed 64-bit integers and compared with floats: below this both are exact.
MAX_TIME_US = 2**53
DAY_US = 86_400 * US_PER_SECOND
EPOCH = date(1970, 1, 1)
MAX_DAY = MAX_TIME_US // DAY_US
WORD = r"\w[\w/.\-]*"
RESERVED = ("and", "or", "not", "duration", "width", "height", "fps", "shots", "indexed", "added")
_PLAIN_TEXT = re.compile(r"[\w/.*?\-]+")


class Comparison(StrEnum):
    """How a stored number stands to the one in the query. Equality is exact."""

    AT_LEAST = ">="
    OVER = ">"
    AT_MOST = "<="
    UNDER = "<"
    EQUAL = "="

    @property
    def compare(self) -> Callable[[Any, Any], Any]:
        """The operator itself: compares numbers, and columns of a database as well."""
        return _OPERATORS[self]

    @property
    def downward(self) -> bool:
        """Whether small numbers satisfy it."""
        return self in (Comparison.AT_MOST, Comparison.UNDER)

    @property
    def opposite(self) -> "Comparison":
        """The one that holds where this does not. EQUAL has none: raises KeyError."""
        return _OPPOSITES[self]


_OPERATORS: Mapping[Comparison, Callable[[Any, Any], Any]] = {
    Comparison.AT_LEAST: operator.ge,
    Comparison.OVER: operator.gt,
    Comparison.AT_MOST: operator.le,
    Comparison.UNDER: operator.lt,
    Comparison.EQUAL: operator.eq,
}
_OPPOSITES: Mapping[Comparison, Comparison] = {
    Comparison.AT_LEAST: Comparison.UNDER,
    Comparison.UNDER: Comparison.AT_LEAST,
    Comparison.OVER: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.OVER,
}


class Measure(StrEnum):
    """What a film says of a tag, from 0 to 1. `relevance` ranks within one film only."""

    COVERAGE = "coverage"
    PEAK = "peak"
    RELEVANCE = "relevance"


class Quantity(StrEnum):
    """A number that a film has: its picture's size in pixels, frames a second, shots."""

    WIDTH = "width"
    HEIGHT = "height"
    FPS = "fps"
    SHOTS = "shots"


class Word(StrEnum):
    """A word that a film has, letter case apart."""

    CODEC = "codec"
    CONTAINER = "container"
    MODEL = "model"
    PRECISION = "precision"


class Moment(StrEnum):
    """When something was done with a film."""

    INDEXED = "indexed"
    ADDED = "added"


# Nodes. `column` is where one stands in the text, and no part of what it says.


@dataclass(frozen=True, slots=True)
class Present:
    """`tag`: present by the model's own measure, as stored."""

    tag: str
    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Probability:
    """`tag>=0.6`: a shot's probability of the tag; a film's peak."""

    tag: str
    comparison: Comparison
    number: float
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_fraction(self.number)


@dataclass(frozen=True, slots=True)
class FilmFraction:
    """`coverage(tag)>20%`: a measure of the whole film, for shots of the film that they are in."""

    measure: Measure
    tag: str
    comparison: Comparison
    number: float
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_fraction(self.number)


@dataclass(frozen=True, slots=True)
class FilmSeconds:
    """`seconds(tag)>27`: time of the film in shots that have the tag."""

    tag: str
    comparison: Comparison
    time_us: int
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_time(self.time_us)


@dataclass(frozen=True, slots=True)
class Duration:
    """`duration>90m`: how long the film is."""

    comparison: Comparison
    time_us: int
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_time(self.time_us)


@dataclass(frozen=True, slots=True)
class Title:
    """`title:"big buck"`: the film's title has these words in a row; see `fold`."""

    phrase: str
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not fold(self.phrase):
            raise ValueError("no words to look for in a title")


@dataclass(frozen=True, slots=True)
class Path:
    """`path:"/films/*.mkv"`: one of the film's paths, as shown, is like this from end to end.

    `*` stands for any characters (a slash too), `?` for one. Brackets stand for themselves, since
    file names are full of them.
    """

    glob: str
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.glob:
            raise ValueError("no path to look for")


@dataclass(frozen=True, slots=True)
class FilmNumber:
    """`height>=720`."""

    quantity: Quantity
    comparison: Comparison
    number: float
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not 0 <= self.number < float("inf"):
            raise ValueError(f"not a number of a film: {self.number}")


@dataclass(frozen=True, slots=True)
class FilmWord:
    """`codec:h264`: the word as a whole, letter case apart."""

    kind: Word
    word: str
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.word.strip():
            raise ValueError("no word to look for")


@dataclass(frozen=True, slots=True)
class FilmMoment:
    """`indexed>=2026-11-01`: a moment of a film and a day; what lies in the day is equal to it.

    day: days since 1970-01-01, UTC.
    """

    moment: Moment
    comparison: Comparison
    day: int
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not 0 <= self.day <= MAX_DAY:
            raise ValueError(f"not a day: {self.day}")


@dataclass(frozen=True, slots=True)
class Not:
    """`-part`."""

    part: "Node"
    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class And:
    """`part part`: two or more."""

    parts: tuple["Node", ...]
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_parts(self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """`part or part`: two or more."""

    parts: tuple["Node", ...]
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_parts(self.parts)


TagLeaf = Present | Probability | FilmFraction | FilmSeconds
FilmLeaf = FilmFraction | FilmSeconds | Duration | Title | Path | FilmNumber | FilmWord | FilmMoment
Leaf = TagLeaf | FilmLeaf
Node = Leaf | Not | And | Or


def _check_fraction(number: float) -> None:
    if not 0 <= number <= 1:
        raise ValueError(f"not between 0 and 1: {number}")


def _check_time(time_us: int) -> None:
    if not 0 <= time_us <= MAX_TIME_US:
        raise ValueError(f"not a length of time: {time_us} us")


def _check_parts(parts: tuple[Node, ...]) -> None:
    if len(parts) < 2:
        raise ValueError("`and` and `or` stand between two parts or more")


# What a query is asked of.


@dataclass(frozen=True, slots=True)
class FilmView:
    """What a query may ask of a film. `paths` as shown; `tags` by name, all that are reportable.

    moments_us: since 1970, UTC.
    """

    title: str
    paths: tuple[str, ...]
    duration_us: int
    tags: Mapping[str, FilmTag]
    numbers: Mapping[Quantity, float] = field(default_factory=dict)
    words: Mapping[Word, str] = field(default_factory=dict)
    moments_us: Mapping[Moment, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShotTag:
    """A shot's probability of a tag, and whether that is at or over the tag's own threshold."""

    probability: float
    present: bool


@dataclass(frozen=True, slots=True)
class ShotView:
    """What a query may ask of a shot.

    `tags` by name, all that are reportable, zeros too; none if the shot was never looked at.
    """

    film: FilmView
    tags: Mapping[str, ShotTag] | None


Truth = bool | None


@dataclass(frozen=True, slots=True)
class Query:
    """A tree and the text that it was read from. `str()` spells it in the one canonical way."""

    root: Node
    text: str = field(default="", compare=False)

    def matches(self, subject: FilmView | ShotView) -> bool:
        """Tell whether the query is true, not false or unknown, of a film or a shot."""
        return truth(self.root, subject) is True

    def __str__(self) -> str:
        return spelled(self.root)


def truth(node: Node, subject: FilmView | ShotView) -> Truth:
    """Tell whether a node is true, false or unknown (None) of a film or a shot."""
    match node:
        case Not(part):
            return _negated(truth(part, subject))
        case And(parts):
            return _all(truth(part, subject) for part in parts)
        case Or(parts):
            return _negated(_all(_negated(truth(part, subject)) for part in parts))
        case Present() | Probability():
            return _truth_of_tag(node, subject)
        case _:
            film = subject.film if isinstance(subject, ShotView) else subject
            return _truth_of_film(node, film)


def _negated(value: Truth) -> Truth:
    return None if value is None else not value


def _all(values: Iterator[Truth]) -> Truth:
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def _truth_of_tag(node: Present | Probability, subject: FilmView | ShotView) -> Truth:
    entry = subject.tags.get(node.tag) if subject.tags is not None else None
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
        case FilmNumber(quantity, comparison, number):
            return bool(comparison.compare(film.numbers[quantity], number))
        case FilmWord(kind, word):
            return film.words[kind].lower() == word.lower()
        case FilmMoment(moment, comparison, day):
            return bool(comparison.compare(film.moments_us[moment] // DAY_US, day))
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


# What a query is after: the tags to rank by, and why something matched.


def wanted_tags(query: Query) -> tuple[str, ...]:
    """Name the tags that more of is better, in the order of the query: not `-a`, not `a<0.5`."""
    return tuple(dict.fromkeys(leaf.tag for leaf, _ in _wanted(query.root, True)))


def reasons(query: Query, subject: FilmView | ShotView) -> tuple[str, ...]:
    """Name the wanted tags whose own condition holds: why a film or a shot was found."""
    holding = (
        leaf.tag for leaf, positive in _wanted(query.root, True) if truth(leaf, subject) is positive
    )
    return tuple(dict.fromkeys(holding))


def _wanted(node: Node, positive: bool) -> Iterator[tuple[TagLeaf, bool]]:
    """Yield each leaf that wants more of a tag, with the truth that the query wants of it."""
    match node:
        case Not(part):
            yield from _wanted(part, not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part, positive)
        case Present():
            if positive:
                yield node, positive
        case Probability() | FilmFraction() | FilmSeconds():
            if node.comparison.downward != positive:
                yield node, positive
        case Duration() | Title() | Path() | FilmNumber() | FilmWord() | FilmMoment():
            pass
        case _:
            assert_never(node)


# The canonical spelling.


def spelled(node: Node) -> str:
    """Spell a node so that the parser reads the same tree again."""
    match node:
        case Or(parts):
            return " or ".join(_bracketed(part, (Or,)) for part in parts)
        case And(parts):
            return " ".join(_bracketed(part, (Or, And)) for part in parts)
        case Not(part):
            return "-" + _bracketed(part, (Or, And))
        case Present(tag):
            return spelled_tag(tag)
        case Probability(tag, comparison, number):
            return f"{spelled_tag(tag)}{comparison}{_spelled_number(number)}"
        case FilmFraction(measure, tag, comparison, number):
            return f"{measure}({spelled_tag(tag)}){comparison}{_spelled_number(number)}"
        case FilmSeconds(tag, comparison, time_us):
            return f"seconds({spelled_tag(tag)}){comparison}{_spelled_time(time_us)}"
        case Duration(comparison, time_us):
            return f"duration{comparison}{_spelled_time(time_us)}"
        case Title(phrase):
            return f"title:{_spelled_text(phrase)}"
        case Path(glob):
            return f"path:{_spelled_text(glob)}"
        case FilmNumber(quantity, comparison, number):
            return f"{quantity}{comparison}{_spelled_number(number)}"
        case FilmWord(kind, word):
            return f"{kind}:{_spelled_text(word)}"
        case FilmMoment(moment, comparison, day):
            return f"{moment}{comparison}{(EPOCH + timedelta(days=day)).isoformat()}"
        case _:
            assert_never(node)


def spelled_tag(tag: str) -> str:
    """Spell a tag as a query must: quoted where it is more than one word, or a reserved one."""
    plain = re.fullmatch(WORD, tag) and tag.lower() not in RESERVED
    return tag if plain else _quoted(tag)


def _bracketed(node: Node, kinds: tuple[type, ...]) -> str:
    return f"({spelled(node)})" if isinstance(node, kinds) else spelled(node)


def _spelled_text(text: str) -> str:
    return text if _PLAIN_TEXT.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unescaped(text: str) -> str:
    r"""Read what stands between a query's quotes.

    Backslashes before anything but a quote or a backslash stand for themselves: a shown path may
    hold `\xff`.
    """
    return re.sub(r'\\(["\\])', r"\1", text)


def _spelled_number(number: float) -> str:
    # Decimal writes no exponent with "f", and abs() spares the query a minus before a zero.
    return f"{Decimal(repr(abs(number))).normalize():f}"


def _spelled_time(time_us: int) -> str:
    hours, rest = divmod(time_us, 3600 * US_PER_SECOND)
    minutes, rest = divmod(rest, 60 * US_PER_SECOND)
    spelling = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")
    if rest or not spelling:
        spelling += f"{(Decimal(rest) / US_PER_SECOND).normalize():f}s"
    return spelling
