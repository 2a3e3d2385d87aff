"""Films, shots and policies for the tests of moderation, with every number in sight."""

from collections.abc import Sequence

from filling import MODEL, SECOND, TAGS
from filmdex.db.records import (
    Boundary,
    Decision,
    Opinion,
    Precision,
    Review,
    Sample,
    Shot,
    ShotState,
    Span,
)
from filmdex.indexer.moderation.expansion import expand
from filmdex.indexer.moderation.judge import judge
from filmdex.indexer.moderation.policy import Policy
from filmdex.indexer.moderation.policy_file import read_policy
from filmdex.indexer.moderation.verdict import Basis, Subject, Verdict

FILM = Subject(1, "f" * 32, "Film", ("/films/Film.mkv",))


def seconds(start: float, end: float) -> Span:
    """Give a span in seconds."""
    return Span(round(start * SECOND), round(end * SECOND))


def policy(*rules: str, head: str = "") -> Policy:
    """Read a policy of these rules, each a TOML table's lines."""
    tables = "".join(f"[[rule]]\n{rule}\n" for rule in rules)
    return read_policy(f'name = "p"\n{head}\n{tables}', "p.toml", TAGS)


def film(*probabilities: float | None, tag: int = 0, second: float = 1.0) -> list[Shot]:
    """Make shots of a second each with a probability of one tag; None was not looked at."""
    shots = []
    for n, probability in enumerate(probabilities):
        span = seconds(n * second, (n + 1) * second)
        begins = Boundary(span.start_us, span.start_us)
        if probability is None:
            shots.append(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None))
            continue
        vector = [0.0] * len(TAGS)
        vector[tag] = probability
        look = Sample((span.start_us + span.end_us) // 2, ShotState.LOOKED_AT)
        shots.append(Shot(span, begins, ShotState.LOOKED_AT, (look,), tuple(vector)))
    return shots


def verdict_on(
    shots: Sequence[Shot],
    by: Policy,
    reviews: Sequence[Review] = (),
    precision: Precision = Precision.EXACT,
    subject: Subject = FILM,
) -> Verdict:
    """Judge shots."""
    end_us = shots[-1].span.end_us if shots else 0
    basis = Basis(1, MODEL, precision, end_us)
    return judge(subject, basis, shots, by, expand(by, MODEL), reviews)


def review(
    number: int,
    decision: str,
    asked: Span,
    *,
    reviewer: str = "Ada",
    ruled: Span | None = None,
    tag: str = "Animation",
) -> Review:
    """Say something of a span."""
    opinion = Opinion(1, tag, asked, Decision(decision), ruled or asked, reviewer)
    return Review(number, opinion, number)
