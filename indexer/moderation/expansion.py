"""A policy fitted to a model: each rule becomes one for each tag that the model can report."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...db.errors import PolicyError
from ...db.records import ModelFacts, TagFacts
from .advice import ADVICE
from .policy import OnUntrained, Policy, Recall, Rule, Subject, SubjectKind


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

    Raises PolicyError if a rule leaves only over the threshold that its tag has here, or asks for a
    recall that was not measured.
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
            threshold = _threshold(policy, number, rule, facts, facts.threshold, model)
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


def _threshold(
    policy: Policy, number: int, rule: Rule, facts: TagFacts, own: float, model: ModelFacts
) -> float:
    match rule.threshold:
        case "model":
            return own
        case Recall(share):
            found = facts.at_recall(share)
            if found is None:
                raise PolicyError(
                    f"policy {policy.name!r}, rule {number}: {model.name} {model.version} does not "
                    f"say where it finds {share:g} of {facts.tag}; {_measured(facts)}"
                )
            return found
        case float(threshold):
            return threshold


def _measured(facts: TagFacts) -> str:
    if not facts.recalls:
        return "give the rule a threshold, or score again with a model that was measured (rescore)"
    return f"at most {facts.recalls[-1][0]:g} was measured"


def tags_of(subject: Subject, tags: Iterable[TagFacts]) -> tuple[str, ...]:
    """Name the tags that a subject stands for; none if its group is not in the model."""
    match subject.kind:
        case SubjectKind.TAG:
            return (subject.name,)
        case SubjectKind.ADVICE:
            return ADVICE.get(subject.name, ())
        case SubjectKind.GROUP:
            return tuple(facts.tag for facts in tags if facts.group == subject.name)
