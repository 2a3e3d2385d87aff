"""A policy fitted to a model: each rule becomes one for each tag that the model can report."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...db.errors import PolicyError
from ...db.records import ModelFacts, TagFacts
from .advice import ADVICE
from .policy import OnUntrained, Policy, Rule, Subject, SubjectKind


@dataclass(frozen=True, slots=True)
class TagRule:
    """Rule number `number` (from 1) of a policy, for one tag: `column` of the model's vectors."""

    number: int
    rule: Rule
    tag: str
    column: int
    threshold: float

    @property
    def leave_at(self) -> float:
        """The probability under which a span is left."""
        leave_at = self.rule.shaping.leave_at
        return self.threshold if leave_at is None else leave_at


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tag that a rule names and the model cannot report, or does not know at all."""

    number: int
    rule: Rule
    tag: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """A policy's rules for one model; `unanswerable` are those that make a verdict unknown."""

    rules: tuple[TagRule, ...]
    left_out: tuple[LeftOut, ...]
    unanswerable: tuple[LeftOut, ...]


def expand(policy: Policy, model: ModelFacts) -> Expansion:
    """Fit a policy to a model.

    Raises PolicyError if a rule that takes the tag's own threshold leaves only over it.
    """
    columns = {facts.tag: column for column, facts in enumerate(model.tags)}
    rules: list[TagRule] = []
    left_out: list[LeftOut] = []
    for number, rule in enumerate(policy.rules, 1):
        for tag in tags_of(rule.subject, model.tags):
            facts = model.tags[columns[tag]] if tag in columns else None
            if facts is None or facts.threshold is None:
                left_out.append(LeftOut(number, rule, tag))
                continue
            threshold = facts.threshold if rule.threshold == "model" else rule.threshold
            fitted = TagRule(number, rule, tag, columns[tag], threshold)
            if fitted.leave_at > threshold:
                raise PolicyError(
                    f"policy {policy.name!r}, rule {number}: leave_at {fitted.leave_at:g} is over "
                    f"the threshold {threshold:g} that {model.name} {model.version} has for {tag}; "
                    "lower it, or give the rule a threshold"
                )
            rules.append(fitted)
    ignored = policy.on_untrained is OnUntrained.IGNORE
    return Expansion(tuple(rules), tuple(left_out), () if ignored else tuple(left_out))


def tags_of(subject: Subject, tags: Iterable[TagFacts]) -> tuple[str, ...]:
    """Name the tags that a subject stands for; none if its group is not in the model."""
    match subject.kind:
        case SubjectKind.TAG:
            return (subject.name,)
        case SubjectKind.ADVICE:
            return ADVICE.get(subject.name, ())
        case SubjectKind.GROUP:
            return tuple(facts.tag for facts in tags if facts.group == subject.name)
