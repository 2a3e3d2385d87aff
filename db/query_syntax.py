"""The grammar of queries: text in, lark's tree out, or what is wrong with it and where."""

import functools
from collections.abc import Iterable
from typing import cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from .errors import QueryError
from .query_spelling import WORD

EXAMPLE = "violence>=0.6 -animation"
# The tree is read recursively, in several places and in the database, whose patterns may not be
# long either: these keep every query within reach.
MAX_TOKENS = 300
MAX_LENGTH = 2_000

_WORD = WORD.replace("/", r"\/")
_WHOLE = r"(?![\w\/.\-])"
_NO_KEYWORD = rf"(?!(?:and|or|not|then|within){_WHOLE})"
# The lexer is contextual: it looks for a VALUE only after a comparison or `within`, for a TEXT
# after a colon.
_GRAMMAR = rf"""
?start: any
?any: all | all (_OR all)+                     -> any_of
?all: sequence | sequence (_AND? sequence)+    -> all_of
?sequence: unary
    | sequence _THEN unary                         -> then
    | sequence _THEN unary _WITHIN VALUE           -> then_within
?unary: primary | (_NOT | _MINUS) unary        -> negation
?primary: _LPAR any _RPAR
    | tag                                          -> present
    | tag COMPARISON VALUE                         -> comparison
    | FUNCTION _LPAR tag _RPAR COMPARISON VALUE    -> function
    | FUNCTION _LPAR tag _RPAR _COLON (TEXT | QUOTED)  -> function_field
    | FIELD _COLON (TEXT | QUOTED)                 -> field
?tag: WORD | QUOTED

_AND.3: /and{_WHOLE}/i
_OR.3: /or{_WHOLE}/i
_NOT.3: /not{_WHOLE}/i
_THEN.3: /then{_WHOLE}/i
_WITHIN.3: /within{_WHOLE}/i
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
_SAMPLES = {
    "seconds": "seconds(violence)>27s",
    "verdict": "verdict(example-school):blocked",
    "reviewed": "reviewed(violence):yes",
}
_TWO_SHOTS = "`within` ends what has two shots: violence then police within 30s"


def column(token: Token) -> int:
    """Return where a token stands in the text."""
    return token.start_pos or 0


def sample(function: str) -> str:
    """Give an example of a function, with its tag and what it is compared with."""
    return _SAMPLES.get(function, f"{function}(violence)>20%")


def tree_of(text: str) -> Tree[Token] | Token:
    """Read a text into lark's tree. Raises QueryError with what is wrong, and where."""
    if not text.strip():
        raise QueryError(f"the query is empty; for example: {EXAMPLE}", text, 0)
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters", text, MAX_LENGTH)
    if "\0" in text:
        raise QueryError("a query is text, without zero bytes", text, text.index("\0"))
    return _tree(text)


@functools.cache
def _lark() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual")


def _tree(text: str) -> Tree[Token] | Token:
    parser = _lark().parse_interactive(text)
    tokens: list[Token] = []
    try:
        for token in parser.iter_parse():
            tokens.append(token)
            if len(tokens) > MAX_TOKENS:
                raise QueryError(
                    f"a query has at most {MAX_TOKENS} words and signs", text, column(token)
                )
        end = Token.new_borrow_pos("$END", "", tokens[-1])
        return cast("Tree[Token] | Token", parser.feed_token(end))
    except UnexpectedCharacters as error:
        raise _unreadable(text, error.pos_in_stream or 0, tokens) from None
    except UnexpectedToken as error:
        # Tokens are handed out before they are fed, so the culprit may be among them.
        before = [token for token in tokens if token is not error.token]
        raise _misplaced(text, error.token, before) from None


def _unreadable(text: str, at: int, before: list[Token]) -> QueryError:
    if text[at] == '"':
        return QueryError("a quotation mark is opened here and not closed", text, at)
    if before and before[-1].type == "COMPARISON":
        return QueryError(f"a number is missing after {before[-1]}", text, at)
    return QueryError(f"{text[at]!r} means nothing here", text, at)


def _misplaced(text: str, token: Token, before: list[Token]) -> QueryError:
    last = before[-1] if before else None
    ends = token.type in ("$END", "_RPAR")
    if last is None:
        return _before_anything(text, token)
    match last.type:
        case "COMPARISON":
            return QueryError(f"a number is missing after {last}", text, column(last))
        case "_WITHIN":
            return QueryError("a time is missing: within 30s", text, column(last))
        case "_AND" | "_OR" | "_NOT" | "_MINUS" | "_THEN":
            return QueryError(f"nothing to search for after {last.value!r}", text, column(last))
        case "_COLON":
            return QueryError("a word or a quoted phrase is missing", text, column(last))
        case "_LPAR" if function := _function_just_opened(before):
            message = f"a name belongs here: {sample(function.lower())}"
            return QueryError(message, text, column(token))
        case "_LPAR" if ends:
            return QueryError("nothing stands in these parentheses", text, column(last))
        case _:
            return _after_something(text, token, before)


def _before_anything(text: str, token: Token) -> QueryError:
    if token.type == "_RPAR":
        return QueryError("this parenthesis was never opened", text, column(token))
    if token.type in ("_AND", "_OR", "_THEN"):
        return QueryError(f"nothing to search for before {token.value!r}", text, column(token))
    if token.type == "_WITHIN":
        return QueryError(_TWO_SHOTS, text, column(token))
    return QueryError("a tag is missing before this", text, column(token))


def _after_something(text: str, token: Token, before: list[Token]) -> QueryError:
    if token.type == "_RPAR" and not _open(before):
        return QueryError("this parenthesis was never opened", text, column(token))
    function = _function_without_comparison(before)
    if function:
        message = f"{function}(...) says too little; for example: {sample(function.lower())}"
        return QueryError(message, text, column(function))
    if token.type == "$END" and (opened := _open(before)):
        return QueryError("this parenthesis is not closed", text, column(opened[-1]))
    if token.type in ("_AND", "_OR", "_THEN"):
        return QueryError(f"nothing to search for before {token.value!r}", text, column(token))
    if token.type == "_WITHIN":
        return QueryError(_TWO_SHOTS, text, column(token))
    return QueryError(f"{token.value!r} is not expected here", text, column(token))


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
