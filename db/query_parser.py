"""Reading a query: text in, `Query` out, or a QueryError with the column of the culprit.

The only file that knows lark.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from .errors import QueryError
from .folding import fold
from .query import (
    WORD,
    And,
    Comparison,
    Duration,
    FilmFraction,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
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
    spelled_tag,
    unescaped,
)
from .query_values import read_day, read_fraction, read_number, read_time_us
from .vocabulary import Vocabulary, nearest

EXAMPLE = "violence>=0.6 -animation"
FUNCTIONS = ("seconds", *Measure)
FIELDS = ("title", "path", "group", *Word)
_QUANTITIES = {one.value: one for one in Quantity}
_WORDS = {one.value: one for one in Word}
_MOMENTS = {one.value: one for one in Moment}
# What is compared by its bare name, and an example of what with.
COMPARED = {
    "duration": "duration>90m",
    **{quantity.value: f"{quantity}>=720" for quantity in Quantity},
    **{moment.value: f"{moment}>=2026-11-01" for moment in Moment},
}
# The tree is read recursively, here, in query.py and in the database, whose patterns may not be
# long either: these keep every query within reach.
MAX_TOKENS = 300
MAX_LENGTH = 2_000

_WORD = WORD.replace("/", r"\/")
_WHOLE = r"(?![\w\/.\-])"
_NO_KEYWORD = rf"(?!(?:and|or|not){_WHOLE})"
# The lexer is contextual: it looks for a VALUE only after a comparison, for a TEXT after a colon.
_GRAMMAR = rf"""
?start: any
?any: all | all (_OR all)+              -> any_of
?all: unary | unary (_AND? unary)+      -> all_of
?unary: primary | (_NOT | _MINUS) unary -> negation
?primary: _LPAR any _RPAR
    | tag                                          -> present
    | tag COMPARISON VALUE                         -> comparison
    | FUNCTION _LPAR tag _RPAR COMPARISON VALUE    -> function
    | FIELD _COLON (TEXT | QUOTED)                 -> field
?tag: WORD | QUOTED

_AND.3: /and{_WHOLE}/i
_OR.3: /or{_WHOLE}/i
_NOT.3: /not{_WHOLE}/i
FUNCTION.2: /{_NO_KEYWORD}{_WORD}(?=\()/i
FIELD.2: /{_WORD}(?=:)/
WORD.1: /{_NO_KEYWORD}{_WORD}/i
QUOTED: /"(?:\\.|[^"\\])*"/s
VALUE: /[^\s()"<>=]+/
TEXT: /[^\s()"]+/
COMPARISON: ">=" | ">" | "<=" | "<" | "="
_MINUS: "-"
_COLON: ":"
_LPAR: "("
_RPAR: ")"
%ignore /\s+/
"""
_T = TypeVar("_T")


def parse(text: str, vocabulary: Vocabulary) -> Query:
    """Read a query. Raises QueryError with what is wrong, where, and what may have been meant."""
    if not text.strip():
        raise QueryError(f"the query is empty; for example: {EXAMPLE}", text, 0)
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters", text, MAX_LENGTH)
    if "\0" in text:
        raise QueryError("a query is text, without zero bytes", text, text.index("\0"))
    return Query(_Reader(text, vocabulary).node(_tree(text)), text)


@functools.cache
def _lark() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual")


# From text to lark's tree, and what may go wrong on the way.


def _tree(text: str) -> Tree[Token] | Token:
    parser = _lark().parse_interactive(text)
    tokens: list[Token] = []
    try:
        for token in parser.iter_parse():
            tokens.append(token)
            if len(tokens) > MAX_TOKENS:
                raise QueryError(
                    f"a query has at most {MAX_TOKENS} words and signs", text, _column(token)
                )
        end = Token.new_borrow_pos("$END", "", tokens[-1])
        return cast("Tree[Token] | Token", parser.feed_token(end))
    except UnexpectedCharacters as error:
        raise _unreadable(text, error.pos_in_stream or 0, tokens) from None
    except UnexpectedToken as error:
        # Tokens are handed out before they are fed, so the culprit may be among them.
        before = [token for token in tokens if token is not error.token]
        raise _misplaced(text, error.token, before) from None


def _unreadable(text: str, column: int, before: list[Token]) -> QueryError:
    if text[column] == '"':
        return QueryError("a quotation mark is opened here and not closed", text, column)
    if before and before[-1].type == "COMPARISON":
        return QueryError(f"a number is missing after {before[-1]}", text, column)
    return QueryError(f"{text[column]!r} means nothing here", text, column)


def _misplaced(text: str, token: Token, before: list[Token]) -> QueryError:
    last = before[-1] if before else None
    ends = token.type in ("$END", "_RPAR")
    if last is None:
        return _before_anything(text, token)
    match last.type:
        case "COMPARISON":
            return QueryError(f"a number is missing after {last}", text, _column(last))
        case "_AND" | "_OR" | "_NOT" | "_MINUS":
            return QueryError(f"nothing to search for after {last.value!r}", text, _column(last))
        case "_COLON":
            return QueryError("a word or a quoted phrase is missing", text, _column(last))
        case "_LPAR" if function := _function_just_opened(before):
            return QueryError(f"a tag belongs here: {function}(violence)", text, _column(token))
        case "_LPAR" if ends:
            return QueryError("nothing stands in these parentheses", text, _column(last))
        case _:
            return _after_something(text, token, before)


def _before_anything(text: str, token: Token) -> QueryError:
    if token.type == "_RPAR":
        return QueryError("this parenthesis was never opened", text, _column(token))
    if token.type in ("_AND", "_OR"):
        return QueryError(f"nothing to search for before {token.value!r}", text, _column(token))
    return QueryError("a tag is missing before this", text, _column(token))


def _after_something(text: str, token: Token, before: list[Token]) -> QueryError:
    if token.type == "_RPAR" and not _open(before):
        return QueryError("this parenthesis was never opened", text, _column(token))
    function = _function_without_comparison(before)
    if function:
        message = f"{function}(...) is compared with something: {function}(...)>{_sample(function)}"
        return QueryError(message, text, _column(function))
    if token.type == "$END" and (opened := _open(before)):
        return QueryError("this parenthesis is not closed", text, _column(opened[-1]))
    if token.type in ("_AND", "_OR"):
        return QueryError(f"nothing to search for before {token.value!r}", text, _column(token))
    return QueryError(f"{token.value!r} is not expected here", text, _column(token))


def _open(tokens: Iterable[Token]) -> list[Token]:
    """Return the parentheses that are open after these tokens."""
    opened: list[Token] = []
    for token in tokens:
        if token.type == "_LPAR":
            opened.append(token)
        elif token.type == "_RPAR":
            opened.pop()
    return opened


def _function_just_opened(tokens: list[Token]) -> Token | None:
    """Return a function's name if the tokens end with `name(`."""
    return tokens[-2] if len(tokens) > 1 and tokens[-2].type == "FUNCTION" else None


def _function_without_comparison(tokens: list[Token]) -> Token | None:
    """Return a function's name if the tokens end with `name(tag)`."""
    kinds = [token.type for token in tokens[-4:]]
    return tokens[-4] if kinds[:1] == ["FUNCTION"] and kinds[-1] == "_RPAR" else None


def _sample(function: str) -> str:
    return "27s" if function.lower() == "seconds" else "20%"


# From lark's tree to ours.


@dataclass(frozen=True, slots=True)
class _Reader:
    """Gives names and numbers their meaning."""

    text: str
    vocabulary: Vocabulary

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
            case "present":
                return self._present(*leaves)
            case "comparison":
                return self._comparison(*leaves)
            case "function":
                return self._function(*leaves)
            case "field":
                return self._field(*leaves)
            case other:
                raise TypeError(f"a rule without a meaning: {other}")

    def _nodes(self, tree: Tree[Token]) -> tuple[Node, ...]:
        return tuple(self.node(child) for child in tree.children)

    def _present(self, name: Token) -> Node:
        if example := COMPARED.get(name.lower()):
            raise self._error(f"{name.lower()} is compared with something: {example}", name)
        return Present(self._tag(name), column=_column(name))

    def _comparison(self, name: Token, sign: Token, value: Token) -> Node:
        comparison = Comparison(sign)
        column, called = _column(name), name.lower()
        if called == "duration":
            return Duration(comparison, self._value(read_time_us, value), column=column)
        if quantity := _QUANTITIES.get(called):
            number = self._value(read_number, value)
            return FilmNumber(quantity, comparison, number, column=column)
        if moment := _MOMENTS.get(called):
            day = self._value(read_day, value)
            return FilmMoment(moment, comparison, day, column=column)
        tag = self._tag(name, *COMPARED)
        number = self._value(read_fraction, value)
        return Probability(tag, comparison, number, column=_column(name))

    def _function(self, function: Token, name: Token, sign: Token, value: Token) -> Node:
        called = function.lower()
        if called not in FUNCTIONS:
            raise self._unknown("function", function, FUNCTIONS)
        tag, comparison, column = self._tag(name), Comparison(sign), _column(function)
        if called == "seconds":
            time_us = self._value(read_time_us, value)
            return FilmSeconds(tag, comparison, time_us, column=column)
        number = self._value(read_fraction, value)
        return FilmFraction(Measure(called), tag, comparison, number, column=column)

    def _field(self, name: Token, value: Token) -> Node:
        text = _unquoted(value)
        match name.lower():
            case "title":
                return self._value(lambda _: Title(text, column=_column(name)), value)
            case "path":
                return self._value(lambda _: Path(text, column=_column(name)), value)
            case "group":
                return self._group(text, name, value)
            case called if kind := _WORDS.get(called):
                return self._value(lambda _: FilmWord(kind, text, column=_column(name)), value)
            case called if example := COMPARED.get(called):
                raise self._error(f"{called} is compared: {example}", name)
            case _:
                raise self._unknown("field", name, FIELDS)

    def _group(self, text: str, name: Token, value: Token) -> Node:
        """Read a group as any of its tags that the model may speak of."""
        groups = {fold(tag.group): tag.group for tag in self.vocabulary.tags if tag.reportable}
        if fold(text) not in groups:
            raise self._unknown("group", value, sorted(set(groups.values())))
        tags = tuple(
            Present(tag.tag, column=_column(name))
            for tag in self.vocabulary.tags
            if tag.reportable and fold(tag.group) == fold(text)
        )
        return tags[0] if len(tags) == 1 else Or(tags)

    def _tag(self, token: Token, *also: str) -> str:
        name = _unquoted(token)
        tag = self.vocabulary.find(name)
        if tag is None:
            raise self._unknown_tag(token, name, also)
        if not tag.reportable:
            message = f"{tag.tag} is untrained in {self.vocabulary.model}"
            raise self._error(f"{message}: nothing would be found; remove it", token)
        return tag.tag

    def _unknown_tag(self, token: Token, name: str, also: Iterable[str]) -> QueryError:
        if token in FUNCTIONS:
            return self._error(f"{name} wants its tag in parentheses: {name}(violence)", token)
        if token in FIELDS:
            return self._error(f"{name} wants a colon right after it: {name}:bunny", token)
        return self._unknown("tag", token, (*self.vocabulary.reportable(), *also))

    def _unknown(self, what: str, token: Token, names: Iterable[str]) -> QueryError:
        word = _unquoted(token)
        tags = self.vocabulary.reportable()
        near = [spelled_tag(name) if name in tags else name for name in nearest(word, names)]
        if near:
            return self._error(f"unknown {what} {word!r}; did you mean {' or '.join(near)}?", token)
        if what == "tag":
            return self._error(f"unknown tag {word!r}; `filmdex model info` lists them", token)
        return self._error(f"unknown {what} {word!r}; there are {', '.join(names)}", token)

    def _value(self, read: Callable[[str], _T], token: Token) -> _T:
        try:
            return read(str(token))
        except ValueError as error:
            raise self._error(str(error), token) from None

    def _error(self, message: str, token: Token) -> QueryError:
        return QueryError(message, self.text, _column(token))


def _unquoted(token: Token) -> str:
    return unescaped(token[1:-1]) if token.type == "QUOTED" else str(token)


def _column(token: Token) -> int:
    return token.start_pos or 0
