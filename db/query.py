"""A query: a tree and the text that it was read from; what it is after."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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
from .query_spelling import spelled
from .query_truth import FilmView, ShotView, truth


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


def wanted_tags(query: Query, *, shots: bool) -> tuple[str, ...]:
    """Name the tags that more of is better, in the order of the query: not `-a`, not `a<0.5`.

    Of a sequence, in `shots` those of the second: that is the shot which is found.
    """
    return tuple(
        dict.fromkeys(
            leaf.tag
            for leaf, positive in terms(query.root, shots=shots)
            if isinstance(leaf, TagLeaf) and wants_more(leaf, positive)
        )
    )


def wants_more(leaf: TagLeaf, positive: bool) -> bool:
    """Tell whether more of the tag is better for a leaf that is to be true (`positive`) or not."""
    match leaf:
        case Present():
            return positive
        case Probability() | FilmFraction() | FilmSeconds():
            return leaf.comparison.downward != positive


def terms(node: Node, positive: bool = True, *, shots: bool) -> Iterator[tuple[Leaf | Then, bool]]:
    """Yield the terms in order, with the truth that the query wants of each.

    Of a sequence first itself and then its parts; of `shots`, what must be true of the one found.
    """
    match node:
        case Not(part):
            yield from terms(part, not positive, shots=shots)
        case And(parts) | Or(parts):
            for part in parts:
                yield from terms(part, positive, shots=shots)
        case Then(first, second):
            yield node, positive
            for part in (second,) if shots else (first, second):
                yield from terms(part, positive, shots=shots)
        case _:
            yield node, positive


def own_terms(node: Node, positive: bool = True) -> Iterator[tuple[Leaf | Then, bool]]:
    """Yield the terms that are asked of a film itself: sequences, but not their parts."""
    match node:
        case Not(part):
            yield from own_terms(part, not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from own_terms(part, positive)
        case _:
            yield node, positive
