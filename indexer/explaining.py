"""The evidence behind verdicts: for each moment what was seen, by what, against what, and who said.

Pure but for what `judging` read: an examined film in, plain values out.
"""

from typing import Any

from ..db.records import Review, Shot
from .judging import Examined
from .moderation.documents import DIGITS, review_row, span_row, verdict_row
from .moderation.expansion import Expansion
from .moderation.judge import rulings_by_tag
from .moderation.verdict import Affected


def explanation(
    examined: Examined, expansion: Expansion | None, at_us: int | None
) -> dict[str, Any]:
    """Explain a film's verdict, or what holds at one moment of it.

    Without a moment, each span of the verdict with its shots; with one, every rule at that moment,
    also those that do not apply.
    """
    verdict = examined.verdict
    document = verdict_row(verdict) | {"policy_text": verdict.policy.text}
    if verdict.basis is not None:
        model = verdict.basis.model
        document["model"] = {
            "name": model.name,
            "version": model.version,
            "digest": model.digest,
        }
    found = [one for one in verdict.spans if at_us is None or _holds(one, at_us)]
    document["evidence"] = [_evidence(examined, one) for one in found]
    if at_us is not None and expansion is not None:
        document |= {"at_us": at_us, "moment": _moment(examined, expansion, at_us)}
    disputed = rulings_by_tag(examined.reviews, verdict.policy.on_disagreement)
    document["disputed"] = [
        {"tag": tag, "start_us": span.start_us, "end_us": span.end_us}
        for tag, rulings in disputed.items()
        for span in rulings.disputed
        if at_us is None or span.start_us <= at_us < span.end_us
    ]
    return document


def sample_times(examined: Examined, at_us: int | None, most: int) -> list[int]:
    """Return the times of the frames that the evidence rests on, at most so many, evenly chosen."""
    peaks = {one.peak_shot for one in examined.verdict.spans if at_us is None or _holds(one, at_us)}
    times = sorted(
        sample.time_us
        for shot in examined.shots
        if shot.span in peaks or (at_us is not None and _in_shot(shot, at_us))
        for sample in shot.samples
    )
    if len(times) <= most:
        return times
    return [times[n * len(times) // most] for n in range(most)]


def _holds(found: Affected, at_us: int) -> bool:
    return found.span.start_us <= at_us < found.span.end_us


def _in_shot(shot: Shot, at_us: int) -> bool:
    return shot.span.start_us <= at_us < shot.span.end_us


def _evidence(examined: Examined, found: Affected) -> dict[str, Any]:
    basis = examined.verdict.basis
    column = None
    if basis is not None:
        names = [facts.tag for facts in basis.model.tags]
        column = names.index(found.tag) if found.tag in names else None
    touching = [
        shot
        for shot in examined.shots
        if shot.span.start_us < found.span.end_us and found.span.start_us < shot.span.end_us
    ]
    said = [
        review_row(review, examined.film.identity.fingerprint)
        for review in examined.reviews
        if review.id in found.reviews
    ]
    return span_row(found) | {
        "shots": [_shot(shot, column) for shot in touching],
        "reviews": said,
    }


def _shot(shot: Shot, column: int | None) -> dict[str, Any]:
    probability = None
    if shot.probabilities is not None and column is not None:
        probability = round(shot.probabilities[column], DIGITS)
    return {
        "start_us": shot.span.start_us,
        "end_us": shot.span.end_us,
        "state": shot.state.value,
        # A shot's probability is the highest of its samples'.
        "samples_us": [sample.time_us for sample in shot.samples],
        "probability": probability,
    }


def _moment(examined: Examined, expansion: Expansion, at_us: int) -> list[dict[str, Any]]:
    """Tell every rule at one moment: what was seen of its tag, and whether it applies there."""
    shot = next((shot for shot in examined.shots if _in_shot(shot, at_us)), None)
    return [
        {
            "rule": rule.number,
            "tag": rule.tag,
            "threshold": rule.threshold,
            "leave_at": rule.leave_at,
            "applies": any(
                one.number == rule.number and one.tag == rule.tag and _holds(one, at_us)
                for one in examined.verdict.spans
            ),
            "shot": None if shot is None else _shot(shot, rule.column),
            "reviews": [
                review.id for review in examined.reviews if _speaks(review, rule.tag, at_us)
            ],
        }
        for rule in expansion.rules
    ]


def _speaks(review: Review, tag: str, at_us: int) -> bool:
    said = review.opinion
    return said.tag == tag and any(
        span.start_us <= at_us < span.end_us for span in (said.asked, said.ruled)
    )
