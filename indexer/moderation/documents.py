"""Verdicts, spans and reviews as plain values: what `check --json`, the audit and archives hold."""

from typing import Any

from ...db.records import Opinion, Review
from .policy import Policy
from .verdict import Affected, Verdict
from .worth import Waiting

# As in ..documents: four digits tell float16 values apart.
DIGITS = 5


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Describe a verdict with all its evidence."""
    return verdict_row(verdict) | {"evidence": [span_row(found) for found in verdict.spans]}


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """Describe a verdict in one flat record."""
    basis = verdict.basis
    return {
        "id": verdict.film.film_id,
        "title": verdict.film.title,
        "path": verdict.film.paths[0] if verdict.film.paths else None,
        "fingerprint": verdict.film.fingerprint,
        "verdict": verdict.outcome.value,
        "so_far": verdict.so_far.value,
        "violated": verdict.violated,
        "reasons": list(verdict.reasons),
        "affected_us": verdict.affected_us,
        "duration_us": None if basis is None else basis.duration_us,
        "spans": len(verdict.spans),
        "left_out": list(verdict.left_out),
        "policy": verdict.policy.name,
        "policy_digest": verdict.policy.digest,
        "model_digest": None if basis is None else basis.model.digest,
        "run": None if basis is None else basis.run_id,
        "precision": None if basis is None else basis.precision.value,
    }


def span_row(found: Affected) -> dict[str, Any]:
    """Describe one span: where, what, and why."""
    return {
        "start_us": found.span.start_us,
        "end_us": found.span.end_us,
        "tag": found.tag,
        "rule": found.number,
        "action": found.action.value,
        "severity": found.rule.severity.value,
        "by": found.standing.value,
        "probability": round(found.peak, DIGITS),
        "threshold": found.threshold,
        "peak_start_us": found.peak_shot.start_us,
        "peak_end_us": found.peak_shot.end_us,
        "reviews": list(found.reviews),
    }


def waiting_row(one: Waiting) -> dict[str, Any]:
    """Describe a span that waits; with a decision added it is what `review --from` takes."""
    film = one.verdict.film
    return span_row(one.found) | {
        "worth": round(one.worth, 3),
        "film": film.film_id,
        "title": film.title,
        "fingerprint": film.fingerprint,
        "path": film.paths[0] if film.paths else None,
        "policy": one.verdict.policy.name,
        "policy_digest": one.verdict.policy.digest,
    }


def policy_document(policy: Policy) -> dict[str, Any]:
    """Describe a policy whole, with the text that its digest names."""
    return {
        "name": policy.name,
        "description": policy.description,
        "digest": policy.digest,
        "on_untrained": policy.on_untrained.value,
        "on_disagreement": policy.on_disagreement.value,
        "rules": [
            {
                "rule": number,
                rule.subject.kind.value: rule.subject.name,
                "threshold": rule.threshold,
                "leave_at": rule.shaping.leave_at,
                "gap_us": rule.shaping.gap_us,
                "min_duration_us": rule.shaping.min_duration_us,
                "pad_before_us": rule.shaping.pad_before_us,
                "pad_after_us": rule.shaping.pad_after_us,
                "snap": rule.shaping.snap.value,
                "severity": rule.severity.value,
                "action": rule.action.value,
                "exempt": [f"{one.kind}:{one.pattern}" for one in rule.exempt],
            }
            for number, rule in enumerate(policy.rules, 1)
        ],
        "text": policy.text,
    }


def review_row(review: Review, fingerprint: str) -> dict[str, Any]:
    """Describe a review; the fingerprint names the film, wherever it is."""
    return {"review": review.id, "fingerprint": fingerprint, "made_us": review.made_us} | (
        opinion_row(review.opinion)
    )


def opinion_row(opinion: Opinion) -> dict[str, Any]:
    """Describe what a reviewer says."""
    return {
        "film": opinion.film_id,
        "tag": opinion.tag,
        "start_us": opinion.asked.start_us,
        "end_us": opinion.asked.end_us,
        "decision": opinion.decision.value,
        "ruled_start_us": opinion.ruled.start_us,
        "ruled_end_us": opinion.ruled.end_us,
        "reviewer": opinion.reviewer,
        "note": opinion.note,
    }
