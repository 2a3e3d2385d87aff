"""Near misses: what a query would also find if its thresholds were a little lower.

A hard threshold hides what lies just under it, and no threshold drowns. A query is *eased*: each
threshold of which more is wanted is lowered, everything else stays; near misses are what the eased
query finds beyond the query itself. A bare tag stands by the model's own threshold.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from .query import Query, wants_more
from .query_nodes import (
    And,
    FilmFraction,
    FilmSeconds,
    Leaf,
    Node,
    Not,
    Or,
    Present,
    Probability,
    TagLeaf,
    Then,
)
from .query_terms import Comparison, Measure
from .tables import FLOOR
from .totals import Total
from .vocabulary import Vocabulary

# How much lower: by a fifth, but a probability or a relevance by no more than this.
SHARE = 0.8
MARGIN = 0.1


def eased(query: Query, vocabulary: Vocabulary) -> Query | None:
    """Lower each threshold of which more is wanted; None if the query has none to lower."""
    root = _eased(query.root, True, vocabulary)
    return None if root == query.root else Query(root)


def near_misses(
    found: Total, eased_query: Query | None, count: Callable[[Query], Total]
) -> Total | None:
    """Count what the eased query finds beyond what was `found`; None where that was not counted.

    count: counts what a query finds. Where there is more than is counted, nobody looks further.
    """
    if eased_query is None:
        return Total(0, capped=False)
    if found.capped:
        return None
    wider = count(eased_query)
    return Total(wider.count - found.count, wider.capped)


def _eased(node: Node, positive: bool, vocabulary: Vocabulary) -> Node:
    match node:
        case Not(part):
            return replace(node, part=_eased(part, not positive, vocabulary))
        case And(parts) | Or(parts):
            return replace(node, parts=tuple(_eased(one, positive, vocabulary) for one in parts))
        case Then(first, second):
            one, other = (_eased(part, positive, vocabulary) for part in (first, second))
            return replace(node, first=one, second=other)
        case _:
            return _eased_leaf(node, positive, vocabulary)


def _eased_leaf(node: Leaf, positive: bool, vocabulary: Vocabulary) -> Node:
    if not isinstance(node, TagLeaf) or not wants_more(node, positive):
        return node
    match node:
        case Present(tag):
            number = _own_threshold(tag, vocabulary)
            lower = max(FLOOR, _lower(number))
            return Or((node, _at_least(tag, lower))) if lower < number else node
        case Probability(_, _, number):
            # Under the floor nothing is kept for search.
            return replace(node, number=min(number, max(FLOOR, _lower(number))))
        case FilmFraction(Measure.COVERAGE, _, _, number):
            return replace(node, number=round(number * SHARE, 9))
        case FilmFraction(_, _, _, number):
            return replace(node, number=_lower(number))
        case FilmSeconds(_, _, time_us):
            return replace(node, time_us=round(time_us * SHARE))
        case _:
            assert_never(node)


def _lower(number: float) -> float:
    return round(max(number * SHARE, number - MARGIN), 9)


def _at_least(tag: str, number: float) -> Node:
    return Probability(tag, Comparison.AT_LEAST, number)


def _own_threshold(tag: str, vocabulary: Vocabulary) -> float:
    known = vocabulary.find(tag)
    return 0.0 if known is None or known.threshold is None else known.threshold
