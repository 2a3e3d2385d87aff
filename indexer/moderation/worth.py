"""Which span a reviewer should see next: the one where a decision is worth most.

The worth of a span is severity x seconds x doubt. Doubt is 1 where the highest probability is at
the threshold and falls to 0 at certainty, on both sides of it; where people contradict each other
it is 1. Spans that a reviewer has settled, or that this reviewer has seen, are not shown again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...db.records import US_PER_SECOND, Review
from .policy import Action
from .spans import without
from .verdict import Affected, Standing, Verdict

# A span of certainty is still worth a glance: it is cut without one otherwise.
LEAST_DOUBT = 0.05
# What is to be reviewed by the policy's own word goes before what it acts on by itself.
REVIEW_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A span that waits for a decision, and what that is worth."""

    verdict: Verdict
    found: Affected
    worth: float


def waiting(
    verdicts: Iterable[Verdict], reviews: dict[int, Sequence[Review]], reviewer: str
) -> list[Waiting]:
    """Return the spans of all films that `reviewer` has something to say to, worthiest first."""
    found = [
        Waiting(verdict, span, worth(span))
        for verdict in verdicts
        if verdict.basis is not None
        for span in verdict.spans
        if span.standing is not Standing.REVIEWER
        and not seen_by(reviewer, span, reviews.get(verdict.film.film_id, ()))
    ]
    return sorted(
        found, key=lambda one: (-one.worth, one.verdict.film.film_id, one.found.span, one.found.tag)
    )


def worth(found: Affected) -> float:
    """Return what a decision on a span is worth: severity x seconds x doubt."""
    seconds = found.span.length_us / US_PER_SECOND
    factor = REVIEW_FACTOR if found.action is Action.REVIEW else 1.0
    return factor * found.rule.severity.rank * seconds * doubt(found)


def doubt(found: Affected) -> float:
    """Return how open a span is, from LEAST_DOUBT to 1."""
    if found.standing is Standing.OPEN:
        return 1.0
    room = max(found.threshold, 1 - found.threshold)
    away = abs(found.peak - found.threshold) / room if room else 1.0
    return max(LEAST_DOUBT, 1.0 - min(1.0, away))


def seen_by(reviewer: str, found: Affected, reviews: Sequence[Review]) -> bool:
    """Whether a reviewer has spoken of the whole span."""
    said = [
        review.opinion.asked
        for review in reviews
        if review.opinion.reviewer == reviewer and review.opinion.tag == found.tag
    ]
    return not without([found.span], said)
