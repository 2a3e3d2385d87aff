"""What a policy says of one film, with the evidence for every span.

Not knowing is never "allowed": a film without a run, a stretch that nobody looked at, a tag that
the model cannot report make the verdict unknown, unless a reviewer has spoken there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ...db.records import ModelFacts, Precision, Span
from .policy import Action, Policy, Rule
from .spans import seconds_us


class Outcome(StrEnum):
    """A verdict's one word. The last three are undecided."""

    ALLOWED = "allowed"
    CUTS = "allowed with cuts"
    BLOCKED = "blocked"
    REVIEW = "needs review"
    UNKNOWN = "unknown"
    PROVISIONAL = "provisional"

    @property
    def decided(self) -> bool:
        """Whether the film may be acted on as it is."""
        return self in (Outcome.ALLOWED, Outcome.CUTS, Outcome.BLOCKED)


class Standing(StrEnum):
    """Who says that a span is there."""

    MODEL = "model"
    REVIEWER = "reviewer"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Affected:
    """A span that a rule applies to, for one tag, and why.

    `peak` is the highest probability of the tag in it and `peak_shot` the shot that has it; 0 and
    the span itself where the model says nothing of the tag. `reviews` are the ids of those that
    touch it.
    """

    span: Span
    number: int
    rule: Rule
    tag: str
    standing: Standing
    threshold: float
    peak: float
    peak_shot: Span
    reviews: tuple[int, ...]

    @property
    def action(self) -> Action:
        """What is to be done here; where people do not agree, they must look again."""
        return Action.REVIEW if self.standing is Standing.OPEN else self.rule.action


@dataclass(frozen=True, slots=True)
class Subject:
    """A film as a verdict sees it."""

    film_id: int
    fingerprint: str
    title: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """The run that a verdict rests on."""

    run_id: int
    model: ModelFacts
    precision: Precision
    duration_us: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of a film. `basis` is None if it was never indexed.

    `outcome` is the word that counts; `so_far` what the spans alone come to.
    """

    film: Subject
    policy: Policy
    basis: Basis | None
    outcome: Outcome
    so_far: Outcome
    reasons: tuple[str, ...]
    spans: tuple[Affected, ...]
    left_out: tuple[str, ...]

    @property
    def violated(self) -> bool:
        """Whether the film as it is breaks the policy for certain."""
        if self.outcome is Outcome.PROVISIONAL:
            return False
        return any(found.action is not Action.REVIEW for found in self.spans)

    @property
    def affected_us(self) -> int:
        """How much of the film any rule applies to."""
        return seconds_us(found.span for found in self.spans)

    def worst(self, most: int) -> tuple[Affected, ...]:
        """Return the gravest spans: by severity, then by length."""
        ranked = sorted(
            self.spans, key=lambda f: (-f.rule.severity.rank, -f.span.length_us, f.span)
        )
        return tuple(ranked[:most])


def unindexed(film: Subject, policy: Policy, reason: str) -> Verdict:
    """Return the verdict on a film of which nothing is known, and why."""
    unknown = Outcome.UNKNOWN
    return Verdict(film, policy, None, unknown, unknown, (reason,), (), ())


def outcome_of(actions: Iterable[Action]) -> Outcome:
    """Return what the actions of all spans come to, were nothing left to know."""
    wanted = set(actions)
    if Action.BLOCK in wanted:
        return Outcome.BLOCKED
    if Action.REVIEW in wanted:
        return Outcome.REVIEW
    return Outcome.CUTS if wanted else Outcome.ALLOWED


def settled(so_far: Outcome, precision: Precision, *, unknown: bool) -> Outcome:
    """Return the word that counts. Only what is blocked for certain is so whatever is unknown."""
    exact = precision is Precision.EXACT
    if unknown and not (exact and so_far is Outcome.BLOCKED):
        return Outcome.UNKNOWN
    return so_far if exact else Outcome.PROVISIONAL


def exempt(rule: Rule, film: Subject) -> bool:
    """Whether a rule leaves a film alone."""
    return any(one.covers(film.fingerprint, film.title, film.paths) for one in rule.exempt)
