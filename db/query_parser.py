"""Reading a query: text in, `Query` out, or a QueryError with the column of the culprit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from lark import Token, Tree

from .errors import PolicyError, QueryError
from .folding import fold
from .query import Query
from .query_nodes import (
    And,
    Duration,
    FilmFraction,
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
    Then,
    Title,
    Verdict,
)
from .query_spelling import unescaped
from .query_syntax import column, sample, tree_of
from .query_terms import Comparison, Measure, Moment, Quantity, Word
from .query_values import read_day, read_fraction, read_number, read_size, read_years
from .resolutions import read_lines
from .times import read_time_us
from .vocabulary import Vocabulary, nearest

AMOUNTS = ("seconds", *Measure)
SAID = ("verdict", "reviewed")
FUNCTIONS = (*AMOUNTS, *SAID)
FIELDS = (
    "title",
    "path",
    "group",
    "year",
    "resolution",
    "reviewed",
    "reviewer",
    "found",
    *Word,
)
_QUANTITIES = {one.value: one for one in Quantity}
_WORDS = {one.value: one for one in Word}
_MOMENTS = {one.value: one for one in Moment}
# What is compared by its bare name, and an example of what with.
COMPARED = {
    "duration": "duration>90m",
    "resolution": "resolution>=1080p",
    **{quantity.value: f"{quantity}>=720" for quantity in Quantity},
    "year": "year>=1968",
    **{moment.value: f"{moment}>=2026-11-01" for moment in Moment},
}
# From a policy's name to which films have which outcome; raises PolicyError.
Verdicts = Callable[[str], Mapping[str, frozenset[int]]]
_T = TypeVar("_T")


def no_verdicts(policy: str) -> Mapping[str, frozenset[int]]:
    """Know of no policy."""
    raise PolicyError(f"what becomes of films under {policy!r} cannot be asked here")


def parse(text: str, vocabulary: Vocabulary, verdicts: Verdicts = no_verdicts) -> Query:
    """Read a query. Raises QueryError with what is wrong, where, and what may have been meant.

    verdicts: what the library's films come to under a policy, every outcome there is, asked for
    each policy that the query names.
    """
    return Query(_Reader(text, vocabulary, verdicts).node(tree_of(text)), text)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Gives names and numbers their meaning."""

    text: str
    vocabulary: Vocabulary
    verdicts: Verdicts

    def node(self, tree: Tree[Token] | Token) -> Node:
        """Read one node; raises QueryError."""
        if isinstance(tree, Token):
            raise TypeError(f"a token without a rule: {tree!r}")
        leaves = cast("list[Token]", tree.children)
        match tree.data:
            case "any_of":
                return Or(self._nodes(tree))
            case "all_of":
                return And(self._nodes(tree))
            case "negation":
                return Not(self._nodes(tree)[0])
            case "then" | "then_within":
                first, second, *within = tree.children
                return self._then(self.node(first), self.node(second), *cast("list[Token]", within))
            case "present":
                return self._present(*leaves)
            case "comparison":
                return self._comparison(*leaves)
            case "function":
                return self._function(*leaves)
            case "function_field":
                return self._function_field(*leaves)
            case "field":
                return self._field(*leaves)
            case other:
                raise TypeError(f"a rule without a meaning: {other}")

    def _nodes(self, tree: Tree[Token]) -> tuple[Node, ...]:
        return tuple(self.node(child) for child in tree.children)

    def _then(self, first: Node, second: Node, within: Token | None = None) -> Node:
        within_us = None if within is None else self._value(read_time_us, within)
        return Then(first, second, within_us, column=first.column)

    def _present(self, name: Token) -> Node:
        if example := COMPARED.get(name.lower()):
            raise self._error(f"{name.lower()} is compared with something: {example}", name)
        if name.lower() == "reviewed":
            return Reviewed(column=column(name))
        return Present(self._tag(name), column=column(name))

    def _comparison(self, name: Token, sign: Token, value: Token) -> Node:
        comparison = Comparison(sign)
        at, called = column(name), name.lower()
        if called == "duration":
            return Duration(comparison, self._value(read_time_us, value), column=at)
        if called == "resolution":
            return Resolution(comparison, self._value(read_lines, value), column=at)
        if quantity := _QUANTITIES.get(called):
            number = self._value(read_number, value)
            return FilmNumber(quantity, comparison, number, column=at)
        if moment := _MOMENTS.get(called):
            day = self._value(read_day, value)
            return FilmMoment(moment, comparison, day, column=at)
        tag = self._tag(name, *COMPARED)
        number = self._value(read_fraction, value)
        return Probability(tag, comparison, number, column=at)

    def _function(self, function: Token, name: Token, sign: Token, value: Token) -> Node:
        called = function.lower()
        if called not in AMOUNTS:
            raise self._no_amount(function)
        tag, comparison, at = self._tag(name), Comparison(sign), column(function)
        if called == "seconds":
            time_us = self._value(read_time_us, value)
            return FilmSeconds(tag, comparison, time_us, column=at)
        number = self._value(read_fraction, value)
        return FilmFraction(Measure(called), tag, comparison, number, column=at)

    def _no_amount(self, function: Token) -> QueryError:
        called = function.lower()
        if called in SAID:
            return self._error(f"{called}(...) wants a colon: {sample(called)}", function)
        return self._unknown("function", function, FUNCTIONS)

    def _function_field(self, function: Token, name: Token, value: Token) -> Node:
        called = function.lower()
        if called == "verdict":
            return self._verdict(function, name, value)
        if called == "reviewed":
            tag = self.vocabulary.known(_unquoted(name), self.text, column(name))
            return self._yes(ReviewedTag(tag, column=column(function)), value)
        if called in AMOUNTS:
            raise self._error(f"{called}(...) is compared: {sample(called)}", function)
        raise self._unknown("function", function, FUNCTIONS)

    def _verdict(self, function: Token, name: Token, value: Token) -> Node:
        """Read an outcome by its name, or by a word of it that no other has."""
        policy, word = _unquoted(name), fold(_unquoted(value))
        try:
            films = self.verdicts(policy)
        except PolicyError as error:
            raise self._error(str(error), name) from error
        meant = [one for one in films if fold(one) == word] or [
            one for one in films if word in fold(one).split()
        ]
        if len(meant) != 1:
            raise self._unknown("verdict", value, tuple(films))
        return Verdict(policy, meant[0], films[meant[0]], column=column(function))

    def _yes(self, node: Node, value: Token) -> Node:
        match _unquoted(value).lower():
            case "yes":
                return node
            case "no":
                return Not(node, column=node.column)
            case _:
                raise self._error("either yes or no belongs here", value)

    def _field(self, name: Token, value: Token) -> Node:
        text, at = _unquoted(value), column(name)
        match name.lower():
            case "title":
                return self._value(lambda _: Title(text, column=at), value)
            case "path":
                return self._value(lambda _: Path(text, column=at), value)
            case "group":
                return self._group(text, name, value)
            case "year":
                return self._years(at, value)
            case "resolution":
                return self._resolution(at, value)
            case "reviewed":
                return self._yes(Reviewed(column=at), value)
            case "reviewer":
                return self._value(lambda _: ReviewedBy(text, column=at), value)
            case "found":
                if text not in self.vocabulary.searches:
                    raise self._unknown("saved search", value, self.vocabulary.searches)
                return Found(text, column=at)
            case called if kind := _WORDS.get(called):
                return self._value(lambda _: FilmWord(kind, text, column=at), value)
            case called if example := COMPARED.get(called):
                raise self._error(f"{called} is compared: {example}", name)
            case _:
                raise self._unknown("field", name, FIELDS)

    def _years(self, at: int, value: Token) -> Node:
        first, last = self._value(read_years, value)
        if first == last:
            return FilmNumber(Quantity.YEAR, Comparison.EQUAL, first, column=at)
        bounds = (Comparison.AT_LEAST, first), (Comparison.AT_MOST, last)
        years = (FilmNumber(Quantity.YEAR, sign, year, column=at) for sign, year in bounds)
        return And(tuple(years), column=at)

    def _resolution(self, at: int, value: Token) -> Node:
        """Read what the size is called, or width and height."""
        if size := read_size(value):
            sides = zip((Quantity.WIDTH, Quantity.HEIGHT), size, strict=True)
            equal = (FilmNumber(side, Comparison.EQUAL, n, column=at) for side, n in sides)
            return And(tuple(equal), column=at)
        return Resolution(Comparison.EQUAL, self._value(read_lines, value), column=at)

    def _group(self, text: str, name: Token, value: Token) -> Node:
        """Read a group as any of its tags that the model may speak of."""
        groups = {fold(tag.group): tag.group for tag in self.vocabulary.tags if tag.reportable}
        if fold(text) not in groups:
            raise self._unknown("group", value, sorted(set(groups.values())))
        tags = tuple(
            Present(tag.tag, column=column(name))
            for tag in self.vocabulary.tags
            if tag.reportable and fold(tag.group) == fold(text)
        )
        return tags[0] if len(tags) == 1 else Or(tags)

    def _tag(self, token: Token, *also: str) -> str:
        name = _unquoted(token)
        if self.vocabulary.find(name) is None:
            if token in FUNCTIONS:
                raise self._error(f"{name} wants its tag in parentheses: {sample(name)}", token)
            if token in FIELDS:
                raise self._error(f"{name} wants a colon right after it: {name}:bunny", token)
        return self.vocabulary.reported(name, self.text, column(token), also)

    def _unknown(self, what: str, token: Token, names: Sequence[str]) -> QueryError:
        word = _unquoted(token)
        if near := nearest(word, names):
            return self._error(f"unknown {what} {word!r}; did you mean {' or '.join(near)}?", token)
        there = f"there are {', '.join(names)}" if names else "there is none"
        return self._error(f"unknown {what} {word!r}; {there}", token)

    def _value(self, read: Callable[[str], _T], token: Token) -> _T:
        try:
            return read(str(token))
        except ValueError as error:
            raise self._error(str(error), token) from None

    def _error(self, message: str, token: Token) -> QueryError:
        return QueryError(message, self.text, column(token))


def _unquoted(token: Token) -> str:
    return unescaped(token[1:-1]) if token.type == "QUOTED" else str(token)
