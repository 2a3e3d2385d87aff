"""In which order results come: `duration desc, title`, read, spelled, and checked against the tags.

What is unknown of a film (a tag that its model cannot report) comes last, whether ascending or
descending. Every order ends with the title, the film's number and, for shots, the
shot's: no two results stand at the same place.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from .errors import QueryError
from .query_spelling import spelled_tag, unescaped
from .vocabulary import Vocabulary, nearest


class Fact(StrEnum):
    """What of a film or shot, whatever its tags, results can be ordered by."""

    SCORE = "score"
    TITLE = "title"
    DURATION = "duration"
    INDEXED = "indexed"
    ADDED = "added"
    TIME = "time"
    WIDTH = "width"
    HEIGHT = "height"
    FPS = "fps"
    SHOTS = "shots"
    YEAR = "year"


class Amount(StrEnum):
    """How much of a tag a film has, as results can be ordered by it."""

    SECONDS = "seconds"
    PEAK = "peak"
    COVERAGE = "coverage"
    RELEVANCE = "relevance"


# What people expect at the top: A, the beginning; else the most.
_RISING = (Fact.TITLE, Fact.TIME)


@dataclass(frozen=True, slots=True)
class ByFact:
    """Order by a fact."""

    fact: Fact
    descending: bool

    def __str__(self) -> str:
        return f"{self.fact} {_direction(self.descending)}"


@dataclass(frozen=True, slots=True)
class ByAmount:
    """Order by how much of a tag the film has."""

    amount: Amount
    tag: str
    descending: bool

    def __str__(self) -> str:
        return f"{self.amount}({spelled_tag(self.tag)}) {_direction(self.descending)}"


Term = ByFact | ByAmount


@dataclass(frozen=True, slots=True)
class Order:
    """Terms by which to order, the first one first. `str()` spells it so that it reads the same."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if not self.terms:
            raise ValueError("nothing to order by")

    def __str__(self) -> str:
        return ", ".join(map(str, self.terms))


BEST_FIRST = Order((ByFact(Fact.SCORE, descending=True),))
KEYS = (*Fact, *(f"{amount}(tag)" for amount in Amount))
_TERM = re.compile(
    r"""\s*(?P<key>[A-Za-z]+)
        (?:\(\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<tag>[^()",]+?))\s*\))?
        (?:\s+(?P<direction>asc|desc))?\s*(?P<end>,|$)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def read_order(text: str, vocabulary: Vocabulary, *, shots: bool) -> Order:
    """Read an order of films or `shots`: keys, each `asc` or `desc`, with commas between.

    Without either word, titles and times rise, and all else falls. Raises QueryError.
    """
    terms, column = [], 0
    while True:
        found = _TERM.match(text, column)
        if found is None:
            raise QueryError(
                "cannot be ordered by this; for example: year desc, title", text, column
            )
        terms.append(_term(found, text, vocabulary, shots))
        column = found.end()
        if not found["end"]:
            return Order(tuple(terms))


def _term(found: re.Match[str], text: str, vocabulary: Vocabulary, shots: bool) -> Term:
    key, column = found["key"].lower(), found.start("key")
    quoted, direction = found["quoted"], (found["direction"] or "").lower()
    tag = found["tag"] if quoted is None else unescaped(quoted)
    if key in tuple(Amount):
        if tag is None:
            raise QueryError(f"{key} wants its tag in parentheses: {key}(violence)", text, column)
        named = vocabulary.reported(tag, text, column)
        return ByAmount(Amount(key), named, descending=direction != "asc")
    if key not in tuple(Fact) or tag is not None:
        near = nearest(key, KEYS) if tag is None else ()
        there = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(KEYS)}"
        raise QueryError(f"cannot be ordered by {found['key']!r}; {there}", text, column)
    fact = Fact(key)
    if fact is Fact.TIME and not shots:
        raise QueryError("films have no time in a film; shots do", text, column)
    return ByFact(fact, descending=direction == "desc" or (not direction and fact not in _RISING))


def _direction(descending: bool) -> str:
    return "desc" if descending else "asc"
