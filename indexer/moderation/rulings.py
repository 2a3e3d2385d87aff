"""What reviewers' opinions of one tag come to, piece by piece of the film.

In each piece every reviewer has the voice of his latest opinion that covers it. The majority of
those who say yes or no decides. Where they are as many, the policy's rule does; where it leaves it
open, or where all are unsure, the piece is open.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ...db.records import Decision, Opinion, Review, Span
from .policy import OnDisagreement
from .spans import union, without


class _Voice(Enum):
    YES = 1
    NO = 2
    UNSURE = 3


@dataclass(frozen=True, slots=True)
class Rulings:
    """Where reviewers found one tag, where they found it absent, and where that is open.

    `disputed` are the pieces in which they contradict each other evenly, whatever the rule makes
    of them.
    """

    present: tuple[Span, ...] = ()
    absent: tuple[Span, ...] = ()
    open: tuple[Span, ...] = ()
    disputed: tuple[Span, ...] = ()

    @property
    def decided(self) -> list[Span]:
        """The time in which the model has no say."""
        return union((*self.present, *self.absent))


@dataclass(frozen=True, slots=True)
class _Piece:
    span: Span
    yes: int
    no: int

    @property
    def even(self) -> bool:
        return self.yes == self.no > 0


def rule_on(reviews: Sequence[Review], on_disagreement: OnDisagreement) -> Rulings:
    """Settle all reviews of one tag in one film."""
    pieces = list(_pieces(reviews))
    disputed = [piece.span for piece in pieces if piece.even]
    strict = disputed if on_disagreement is OnDisagreement.STRICT else []
    lenient = disputed if on_disagreement is OnDisagreement.LENIENT else []
    open_ones = disputed if on_disagreement is OnDisagreement.REVIEW else []
    unsure = [piece.span for piece in pieces if piece.yes == piece.no == 0]
    return Rulings(
        present=tuple(union([*strict, *(p.span for p in pieces if p.yes > p.no)])),
        absent=tuple(union([*lenient, *(p.span for p in pieces if p.no > p.yes)])),
        open=tuple(union([*open_ones, *unsure])),
        disputed=tuple(union(disputed)),
    )


def _pieces(reviews: Sequence[Review]) -> Iterable[_Piece]:
    voices = [
        (span, review.id, review.opinion.reviewer, voice)
        for review in reviews
        for span, voice in _voices(review.opinion)
    ]
    edges = sorted({edge for span, *_ in voices for edge in (span.start_us, span.end_us)})
    for start_us, end_us in itertools.pairwise(edges):
        latest: dict[str, tuple[int, _Voice]] = {}
        for span, number, reviewer, voice in voices:
            covers = span.start_us <= start_us and end_us <= span.end_us
            if covers and number >= latest.get(reviewer, (number,))[0]:
                latest[reviewer] = number, voice
        if latest:
            said = [voice for _, voice in latest.values()]
            yield _Piece(Span(start_us, end_us), said.count(_Voice.YES), said.count(_Voice.NO))


def _voices(opinion: Opinion) -> list[tuple[Span, _Voice]]:
    match opinion.decision:
        case Decision.ACCEPT:
            return [(opinion.asked, _Voice.YES)]
        case Decision.REJECT:
            return [(opinion.asked, _Voice.NO)]
        case Decision.UNSURE:
            return [(opinion.asked, _Voice.UNSURE)]
        case Decision.ADJUST:
            rest = without([opinion.asked], [opinion.ruled])
            return [(opinion.ruled, _Voice.YES), *((span, _Voice.NO) for span in rest)]
