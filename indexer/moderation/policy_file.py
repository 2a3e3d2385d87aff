"""Reading a policy from TOML: every mistake is told at once, each with its line and column."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tomlkit.exceptions import ParseError, TOMLKitError

from ...db.errors import PolicyError
from ...db.records import US_PER_SECOND, TagFacts
from ...db.vocabulary import nearest
from .advice import ADVICE
from .policy import (
    Action,
    Exemption,
    OnDisagreement,
    OnUntrained,
    Policy,
    Recall,
    Rule,
    Severity,
    Shaping,
    Snap,
    Subject,
    SubjectKind,
)
from .policy_places import Place, place_of

EXEMPTION = r"^(fingerprint:[0-9a-f]{8,64}|path:.+|title:.+)$"
# A day: longer than any film, and what whoever writes milliseconds into seconds will exceed.
LONGEST_S = 86_400.0

Seconds = Annotated[float, Field(ge=0.0, le=LONGEST_S, allow_inf_nan=False, strict=True)]
Probability = Annotated[float, Field(gt=0.0, le=1.0, allow_inf_nan=False, strict=True)]
# Held-out pictures say nothing of the last one.
AskedRecall = Annotated[str, Field(pattern=r"^recall 0\.[0-9]*[1-9][0-9]*$")]
Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _RuleTable(_Closed):
    tag: Words | None = None
    group: Words | None = None
    advice: Words | None = None
    threshold: Probability | Literal["model"] | AskedRecall = "model"
    leave_at: Probability | None = None
    min_duration: Seconds = 0.0
    gap: Seconds = 0.0
    pad_before: Seconds = 0.0
    pad_after: Seconds = 0.0
    snap: Snap = Snap.NONE
    severity: Severity = Severity.MEDIUM
    action: Action
    exempt: tuple[Annotated[str, Field(pattern=EXEMPTION)], ...] = ()


class _PolicyTable(_Closed):
    name: Words
    description: str = ""
    on_untrained: OnUntrained = OnUntrained.UNKNOWN
    on_disagreement: OnDisagreement = OnDisagreement.REVIEW
    rule: tuple[_RuleTable, ...]


RULE_KEYS = frozenset(_RuleTable.model_fields)
POLICY_KEYS = frozenset(_PolicyTable.model_fields)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where."""

    place: Place
    message: str


class UnreadablePolicy(PolicyError):
    """A policy file with mistakes, in the order of the file."""

    def __init__(self, source: str, text: str, mistakes: Sequence[Mistake]) -> None:
        ordered = sorted(mistakes, key=lambda m: (m.place.line, m.place.column, m.message))
        self.source, self.mistakes = source, tuple(ordered)
        lines = text.split("\n")
        super().__init__("\n".join(_told(source, lines, mistake) for mistake in ordered))


def read_policy(text: str, source: str, tags: Sequence[TagFacts]) -> Policy:
    """Read a policy; `source` is only named in errors, `tags` are those that there are.

    Raises UnreadablePolicy with every mistake that can be told.
    """
    try:
        document: dict[str, Any] = tomlkit.parse(text).unwrap()
    except ParseError as error:
        place = Place(error.line, error.col + 1)
        said = str(error).partition(" at line ")[0]
        raise UnreadablePolicy(source, text, [Mistake(place, said)]) from error
    except TOMLKitError as error:
        raise UnreadablePolicy(source, text, [Mistake(Place(1, 1), str(error))]) from error
    try:
        table = _PolicyTable.model_validate(document)
    except ValidationError as error:
        raise UnreadablePolicy(source, text, list(_mistakes(error, text))) from error
    if wrong := list(_contradictions(table, text, tags)):
        raise UnreadablePolicy(source, text, wrong)
    return Policy(
        name=table.name,
        description=table.description,
        on_untrained=table.on_untrained,
        on_disagreement=table.on_disagreement,
        rules=tuple(map(_rule, table.rule)),
        text=text,
    )


def _rule(table: _RuleTable) -> Rule:
    return Rule(
        subject=_subjects(table)[0],
        threshold=_threshold(table.threshold),
        shaping=Shaping(
            leave_at=table.leave_at,
            gap_us=_us(table.gap),
            min_duration_us=_us(table.min_duration),
            pad_before_us=_us(table.pad_before),
            pad_after_us=_us(table.pad_after),
            snap=table.snap,
        ),
        severity=table.severity,
        action=table.action,
        exempt=tuple(map(_exemption, table.exempt)),
    )


def _threshold(given: float | str) -> float | Recall | Literal["model"]:
    match given:
        case "model":
            return "model"
        case str():
            return Recall(float(given.removeprefix("recall ")))
        case _:
            return given


def _exemption(text: str) -> Exemption:
    kind, _, pattern = text.partition(":")
    return Exemption(cast(Literal["fingerprint", "path", "title"], kind), pattern)


def _us(seconds: float) -> int:
    return round(seconds * US_PER_SECOND)


def _subjects(table: _RuleTable) -> list[Subject]:
    named = ((kind, getattr(table, kind.value)) for kind in SubjectKind)
    return [Subject(kind, name) for kind, name in named if name is not None]


def _contradictions(table: _PolicyTable, text: str, tags: Sequence[TagFacts]) -> Iterator[Mistake]:
    """Find what each value by itself does not show: names that are none, thresholds upside down."""
    known: dict[SubjectKind, set[str]] = {
        SubjectKind.TAG: {facts.tag for facts in tags},
        SubjectKind.GROUP: {facts.group for facts in tags},
        SubjectKind.ADVICE: set(ADVICE),
    }
    if not table.rule:
        yield Mistake(place_of(text, ("rule",)), "a policy has at least one [[rule]]")
    for number, rule in enumerate(table.rule):
        where = _places(text, ("rule", number))
        subjects = _subjects(rule)
        if len(subjects) != 1:
            yield Mistake(where(), "a rule names one of tag, group and advice")
        for subject in subjects:
            if subject.name not in known[subject.kind]:
                yield Mistake(where(subject.kind), _unknown(subject, known[subject.kind]))
        leave_at, threshold = rule.leave_at, rule.threshold
        if leave_at is not None and isinstance(threshold, float) and leave_at > threshold:
            said = f"leave_at {leave_at:g} is over the threshold {threshold:g}"
            yield Mistake(where("leave_at"), said)


def _places(text: str, base: tuple[str | int, ...]) -> Callable[..., Place]:
    return lambda *rest: place_of(text, (*base, *map(str, rest)))


def _unknown(subject: Subject, known: set[str]) -> str:
    near = nearest(subject.name, sorted(known))
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    kind = {"advice": "advice issue"}.get(subject.kind, subject.kind.value)
    return f"there is no {kind} {subject.name!r}{hint}"


def _mistakes(error: ValidationError, text: str) -> Iterator[Mistake]:
    seen: set[tuple[str | int, ...]] = set()
    for found in error.errors():
        path = _in_file(found["loc"])
        if path in seen:  # a union tells of each of its members
            continue
        seen.add(path)
        yield Mistake(place_of(text, path), _said(found, path))


def _in_file(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Keep of pydantic's path what is a path in the file, not a union's member."""
    match loc:
        case ("rule", int(number), str(key), *rest):
            numbers = [step for step in rest if isinstance(step, int)]
            return ("rule", number, key, *numbers)
        case _:
            return tuple(loc)


def _said(found: Any, path: tuple[str | int, ...]) -> str:
    name = next((step for step in reversed(path) if isinstance(step, str)), "policy")
    match found["type"]:
        case "extra_forbidden":
            known = RULE_KEYS if path[0] == "rule" and len(path) > 1 else POLICY_KEYS
            near = difflib.get_close_matches(str(path[-1]), sorted(known), 1)
            return f"there is no key {path[-1]!r}" + (
                f"; did you mean {near[0]!r}?" if near else ""
            )
        case "missing":
            return f"{name!r} is missing"
        case "string_pattern_mismatch" if name == "exempt":
            return (
                f"{found['input']!r}: an exemption is fingerprint:HEX, path:PATTERN or title:TEXT"
            )
        case _ if name == "threshold":
            given = found["input"]
            return f'threshold {given!r}: over 0 and at most 1, "model", or as "recall 0.9"'
        case _:
            return (
                f"{name}: {found['msg'][:1].lower()}{found['msg'][1:]} (it is {found['input']!r})"
            )


def _told(source: str, lines: Sequence[str], mistake: Mistake) -> str:
    place = mistake.place
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    blank = "".join("\t" if c == "\t" else " " for c in line[: place.column - 1])
    return f"{source}:{place.line}:{place.column}: {mistake.message}\n  {line}\n  {blank}^"
