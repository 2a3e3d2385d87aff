"""What a query could go on with: tags, groups, and the words of the query language. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .folding import fold
from .query_spelling import spelled_tag
from .query_terms import Measure, Moment, Quantity, Word
from .vocabulary import Vocabulary

MOST = 20
# What a word that is being written may hold; one in quotes may hold blanks.
_BEGUN = re.compile(r'(?:(group):)?("(?:[^"\\]|\\.)*|[\w/.\-]*)$')
FUNCTIONS = ("seconds", *(measure.value for measure in Measure), "verdict", "reviewed")
FIELDS = (
    *("title", "path", "group", "year", "resolution", "reviewed", "reviewer", "found"),
    *(word.value for word in Word),
)
COMPARED = (
    *("duration", "resolution"),
    *(quantity.value for quantity in Quantity),
    *(moment.value for moment in Moment),
)


@dataclass(frozen=True, slots=True)
class Completion:
    """What could be put in place of what was begun: `text`, and what kind of thing it is."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Completions:
    """What could stand in `[start, end)` of the text, the likeliest first."""

    start: int
    end: int
    items: tuple[Completion, ...]


def complete(text: str, at: int, vocabulary: Vocabulary) -> Completions:
    """Say how the word that ends at the place `at` could go on; all begin with what is there."""
    at = min(at, len(text))
    found = _BEGUN.search(text[:at])
    group, begun = (found[1], found[2]) if found else (None, "")
    if group is None and begun.startswith("-"):
        begun = begun[1:]
    wanted = fold(begun.lstrip('"'))
    offered = _groups(vocabulary) if group else _words(vocabulary)
    fitting = [one for one in offered if _fits(one, wanted)]
    fitting.sort(key=lambda one: not fold(one.text.strip('"')).startswith(wanted))
    return Completions(at - len(begun), at, tuple(fitting[:MOST]))


def _fits(one: Completion, wanted: str) -> bool:
    """Whether a word of it begins so: `fi` finds `Sword fight` too."""
    whole = fold(one.text.strip('"'))
    return whole.startswith(wanted) or any(part.startswith(wanted) for part in whole.split())


def _words(vocabulary: Vocabulary) -> Iterator[Completion]:
    for tag in vocabulary.reportable():
        yield Completion(spelled_tag(tag), "tag")
    for name in FUNCTIONS:
        yield Completion(f"{name}(", "function")
    for name in FIELDS:
        yield Completion(f"{name}:", "field")
    for name in COMPARED:
        yield Completion(name, "comparison")


def _groups(vocabulary: Vocabulary) -> Iterator[Completion]:
    for name in sorted({tag.group for tag in vocabulary.tags if tag.reportable}):
        yield Completion(f'"{name}"' if " " in name else name, "group")
