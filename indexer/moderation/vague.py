"""Which boundaries a verdict rests on that are only known to lie in a bracket."""

from collections.abc import Sequence

from ...db.records import Boundary, Shot, Span
from .spans import union
from .verdict import Affected, Standing, Verdict


def vague_brackets(verdict: Verdict, shots: Sequence[Shot]) -> list[Span]:
    """Return the brackets that edges of the verdict's spans rest on, those that touch as one.

    An edge rests on a boundary that it lies on, or from which it was padded away. What reviewers
    said, and the ends of the film, rest on none.
    """
    brackets = [shot.begins for shot in shots if shot.begins.lo_us < shot.begins.hi_us]
    resting = [
        Span(bracket.lo_us, bracket.hi_us)
        for found in verdict.spans
        if found.standing is not Standing.REVIEWER
        for bracket in brackets
        if _rests(found, bracket)
    ]
    return union(resting)


def _rests(found: Affected, bracket: Boundary) -> bool:
    shaping, span = found.rule.shaping, found.span
    begins = (span.start_us, span.start_us + shaping.pad_before_us)
    ends = (span.end_us - shaping.pad_after_us, span.end_us)
    return any(
        bracket.lo_us <= to_us and from_us <= bracket.hi_us for from_us, to_us in (begins, ends)
    )
