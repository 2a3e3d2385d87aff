"""The canonical spelling of a query: what the parser reads as the same tree again."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from .query_nodes import (
    EPOCH,
    And,
    Duration,
    FilmFraction,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Found,
    Leaf,
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
from .query_terms import RESERVED
from .times import spelled_time

WORD = r"\w[\w/.\-]*"
_PLAIN_TEXT = re.compile(r"[\w/.*?\-]+")


def spelled(node: Node) -> str:
    """Spell a node so that the parser reads the same tree again."""
    match node:
        case Or(parts):
            return " or ".join(_bracketed(part, (Or,)) for part in parts)
        case And(parts):
            return " ".join(_bracketed(part, (Or, And)) for part in parts)
        case Then(first, second, within_us):
            pair = " then ".join(_bracketed(part, (Or, And, Then)) for part in (first, second))
            return pair if within_us is None else f"{pair} within {spelled_time(within_us)}"
        case Not(Reviewed() | ReviewedTag() as part):
            return spelled(part).removesuffix("yes") + "no"
        case Not(part):
            return "-" + _bracketed(part, (Or, And, Then))
        case _:
            return _spelled_leaf(node)


def _spelled_leaf(node: Leaf) -> str:
    match node:
        case Present(tag):
            return spelled_tag(tag)
        case Probability(tag, comparison, number):
            return f"{spelled_tag(tag)}{comparison}{spelled_number(number)}"
        case FilmFraction(measure, tag, comparison, number):
            return f"{measure}({spelled_tag(tag)}){comparison}{spelled_number(number)}"
        case FilmSeconds(tag, comparison, time_us):
            return f"seconds({spelled_tag(tag)}){comparison}{spelled_time(time_us)}"
        case Duration(comparison, time_us):
            return f"duration{comparison}{spelled_time(time_us)}"
        case FilmNumber(quantity, comparison, number):
            return f"{quantity}{comparison}{spelled_number(number)}"
        case Resolution(comparison, lines):
            return f"resolution{comparison}{lines}p"
        case FilmMoment(moment, comparison, day):
            return f"{moment}{comparison}{(EPOCH + timedelta(days=day)).isoformat()}"
        case _:
            return _spelled_field(node)


def _spelled_field(
    node: Title | Path | FilmWord | Verdict | Reviewed | ReviewedTag | ReviewedBy | Found,
) -> str:
    match node:
        case Title(phrase):
            return f"title:{_spelled_text(phrase)}"
        case Path(glob):
            return f"path:{_spelled_text(glob)}"
        case FilmWord(kind, word):
            return f"{kind}:{_spelled_text(word)}"
        case Verdict(policy, outcome):
            return f"verdict({spelled_tag(policy)}):{_spelled_text(outcome)}"
        case Reviewed():
            return "reviewed:yes"
        case ReviewedTag(tag):
            return f"reviewed({spelled_tag(tag)}):yes"
        case ReviewedBy(reviewer):
            return f"reviewer:{_spelled_text(reviewer)}"
        case Found(search):
            return f"found:{_spelled_text(search)}"
        case _:
            assert_never(node)


def spelled_tag(tag: str) -> str:
    """Spell a tag as a query must: quoted where it is more than one word, or a reserved one."""
    plain = re.fullmatch(WORD, tag) and tag.lower() not in RESERVED
    return tag if plain else _quoted(tag)


def spelled_number(number: float) -> str:
    """Spell a number without an exponent, and without a minus before a zero."""
    return f"{Decimal(repr(abs(number))).normalize():f}"


def unescaped(text: str) -> str:
    r"""Read what stands between a query's quotes.

    Backslashes before anything but a quote or a backslash stand for themselves: a shown path may
    hold `\xff`.
    """
    return re.sub(r'\\(["\\])', r"\1", text)


def _bracketed(node: Node, kinds: tuple[type, ...]) -> str:
    return f"({spelled(node)})" if isinstance(node, kinds) else spelled(node)


def _spelled_text(text: str) -> str:
    return text if _PLAIN_TEXT.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
