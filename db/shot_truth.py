"""A query's tree as arrays: which of many films' shots it is true of, all of them at once.

The shots of a batch of films lie one after the other, film by film, S in all. As in query_sql.py,
a node is asked either where it is *true* or where it is *false*; what is unknown is in neither.
What is said of a film is asked of the database before, for each film of the batch.
"""

import numpy as np

from .batch import Batch, Places, Truths
from .query_nodes import (
    And,
    Found,
    Leaf,
    Node,
    Not,
    Or,
    Present,
    Probability,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    Then,
)


def where_true(node: Node, batch: Batch) -> Truths:
    """Tell which shots the node is true of: `(S,)`, the caller's own."""
    return _where(node, True, batch)


def _where(node: Node, wanted: bool, batch: Batch) -> Truths:
    match node:
        case Not(part):
            return _where(part, not wanted, batch)
        case And(parts) | Or(parts):
            join = np.logical_and if isinstance(node, And) == wanted else np.logical_or
            result = _where(parts[0], wanted, batch)
            for part in parts[1:]:
                result = join(result, _where(part, wanted, batch), out=result)
            return result
        case Then():
            ends = where_ending(node, batch, surely=wanted)
            return ends if wanted else ~ends
        case _:
            return _leaf(node, wanted, batch)


def where_ending(node: Then, batch: Batch, *, surely: bool) -> Truths:
    """Tell which shots end such a sequence: `(S,)`.

    surely: where both parts are true; else where neither is false, so that it may be.
    """
    result = np.zeros(batch.shots, bool)
    result[_endings(node, batch, surely=surely)[0]] = True
    return result


def gaps_us(node: Then, batch: Batch) -> tuple[Places, Places]:
    """Name the shots that end a sequence; say how long after the nearest first shot each begins."""
    ends, latest = _endings(node, batch, surely=True)
    return ends, _since(latest, ends, batch)


def _endings(node: Then, batch: Batch, *, surely: bool) -> tuple[Places, Places]:
    """Name the shots that end a sequence, rising, and the latest first shot before each."""
    firsts, ends = (
        np.flatnonzero(_holds(part, batch, surely=surely)) for part in (node.first, node.second)
    )
    before = np.searchsorted(firsts, ends) - 1
    ends, latest = ends[before >= 0], firsts[before[before >= 0]]
    _, ordinals = batch.whose(ends)
    there = latest >= ends - ordinals
    ends, latest = ends[there], latest[there]
    if node.within_us is not None:
        near = _since(latest, ends, batch) <= node.within_us
        ends, latest = ends[near], latest[near]
    return ends, latest


def _since(first: Places, second: Places, batch: Batch) -> Places:
    """Say how long after the end of each first shot the second begins."""
    _, ends_us = batch.times_us(first)
    begins_us, _ = batch.times_us(second)
    since: Places = begins_us - ends_us
    return since


def _holds(node: Node, batch: Batch, *, surely: bool) -> Truths:
    return _where(node, True, batch) if surely else ~_where(node, False, batch)


def _leaf(node: Leaf, wanted: bool, batch: Batch) -> Truths:
    match node:
        case Present(name):
            return _has(name, batch.tags[name].present, wanted, batch)
        case Probability(name, comparison, number):
            # What is kept are high probabilities, so ask for those and say the opposite.
            upward = comparison.opposite if comparison.downward else comparison
            held = batch.tags[name].holds(upward, number)
            return _has(name, held, wanted != comparison.downward, batch)
        case Reviewed() | ReviewedTag() | ReviewedBy() | Found():
            return batch.said[node].copy() if wanted else ~batch.said[node]
        case _:
            of_films = batch.film_truths[node] == (1 if wanted else 0)
            return np.repeat(of_films, batch.counts)


def _has(name: str, held: Truths, wanted: bool, batch: Batch) -> Truths:
    """Say which shots have the tag so, or (not `wanted`) surely have not.

    Surely: the shot was looked at, and by a model that reports the tag.
    """
    column = batch.tags[name]
    has = np.zeros(batch.shots, bool)
    has[column.places_where(held)] = True
    if wanted:
        return has
    np.logical_not(has, out=has)
    has[batch.unseen()] = False
    return has if column.reported.all() else has & np.repeat(column.reported, batch.counts)
