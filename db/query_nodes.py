"""The query language as a tree: its nodes, which check themselves.

One tree, two views: `query_truth.py` asks a film or a shot in memory, `query_sql.py` the database,
and the tests hold one against the other. `query_parser.py` reads text into the tree,
`query_spelling.py` writes it. `column` is where a node stands in the text, and no part of what it
says.
"""

from dataclasses import dataclass, field
from datetime import date

from .folding import fold
from .query_terms import Comparison, Measure, Moment, Quantity, Word
from .records import US_PER_SECOND
from .resolutions import STANDARDS
from .times import MAX_TIME_US, check_time

DAY_US = 86_400 * US_PER_SECOND
EPOCH = date(1970, 1, 1)
MAX_DAY = MAX_TIME_US // DAY_US


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
        check_time(self.time_us)


@dataclass(frozen=True, slots=True)
class Duration:
    """`duration>90m`: how long the film is."""

    comparison: Comparison
    time_us: int
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        check_time(self.time_us)


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
    """`height>=720`, `year<1970`. The year of most films is in their title; else it is unknown."""

    quantity: Quantity
    comparison: Comparison
    number: float
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not 0 <= self.number < float("inf"):
            raise ValueError(f"not a number of a film: {self.number}")


@dataclass(frozen=True, slots=True)
class Resolution:
    """`resolution>=1080p`: the size of the picture, by what sizes are called (resolutions.py)."""

    comparison: Comparison
    lines: int
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.lines not in STANDARDS:
            raise ValueError(f"not a size of a picture: {self.lines} lines")


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
class Verdict:
    """`verdict(school):blocked`: what becomes of the film under a policy.

    films: those of which it is true. Policies are none of the database's: whoever has the query
    read says what it is true of (query_parser.py), at the moment at which it is asked.
    """

    policy: str
    outcome: str
    films: frozenset[int] = field(compare=False, repr=False)
    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """`reviewed:yes`: somebody has said something of the film, or of a part of the shot."""

    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ReviewedTag:
    """`reviewed(violence):yes`: of this tag."""

    tag: str
    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ReviewedBy:
    """`reviewer:ada`: by this person."""

    reviewer: str
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.reviewer.strip():
            raise ValueError("no reviewer to look for")


@dataclass(frozen=True, slots=True)
class Found:
    """`found:NAME`: the film, or a part of the shot, was found by this saved search before."""

    search: str
    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Then:
    """`first then second within 30s`: one shot after another in the same film.

    True of a film with such shots, and of a shot that is such a second one. The second begins no
    earlier than the first ends, and no more than `within_us` later; None: however much later.
    """

    first: "Node"
    second: "Node"
    within_us: int | None
    column: int = field(default=0, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.within_us is not None:
            check_time(self.within_us)


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


# Of a film and of a shot, what a tag, a review or a search before says may differ.
TagLeaf = Present | Probability | FilmFraction | FilmSeconds
ReviewLeaf = Reviewed | ReviewedTag | ReviewedBy
FilmLeaf = (
    FilmFraction
    | FilmSeconds
    | Duration
    | Title
    | Path
    | FilmNumber
    | Resolution
    | FilmWord
    | FilmMoment
    | Verdict
)
Leaf = TagLeaf | ReviewLeaf | Found | FilmLeaf
Node = Leaf | Then | Not | And | Or


def _check_fraction(number: float) -> None:
    if not 0 <= number <= 1:
        raise ValueError(f"not between 0 and 1: {number}")


def _check_parts(parts: tuple[Node, ...]) -> None:
    if len(parts) < 2:
        raise ValueError("`and` and `or` stand between two parts or more")
