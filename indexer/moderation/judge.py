"""Judging: from a film's shots, a policy and what reviewers said to a verdict with its evidence."""

from collections.abc import Sequence

from ...db.records import Boundary, Review, Shot, Span
from .expansion import Expansion, LeftOut, TagRule
from .policy import OnDisagreement, Policy
from .rulings import Rulings, rule_on
from .spans import (
    Edges,
    Reading,
    finished,
    readings_without,
    shaped,
    union,
    within,
    without,
)
from .verdict import Affected, Basis, Standing, Subject, Verdict, exempt, outcome_of, settled

NO_RULINGS = Rulings()


def judge(
    film: Subject,
    basis: Basis,
    shots: Sequence[Shot],
    policy: Policy,
    expansion: Expansion,
    reviews: Sequence[Review],
) -> Verdict:
    """Apply a policy to an indexed film; `expansion` is the policy's for the run's model."""
    applied = [rule for rule in expansion.rules if not exempt(rule.rule, film)]
    edges = edges_of(shots, basis.duration_us)
    by_tag = rulings_by_tag(reviews, policy.on_disagreement)
    unseen = [shot.span for shot in shots if shot.probabilities is None]
    spans: list[Affected] = []
    for rule in applied:
        spans += _found(rule, shots, edges, by_tag.get(rule.tag, NO_RULINGS), reviews)
    for left in expansion.left_out:
        if not exempt(left.rule, film):
            spans += _said_only(left, by_tag.get(left.tag, NO_RULINGS), reviews)
    reasons = _unseen_reasons(applied, unseen, by_tag, edges)
    model = f"{basis.model.name} {basis.model.version}"
    reasons += [
        f"{left.tag}: {model} cannot report it (rule {left.number})"
        for left in expansion.unanswerable
        if not exempt(left.rule, film)
        and without(_whole(edges), by_tag.get(left.tag, NO_RULINGS).decided)
    ]
    so_far = outcome_of(found.action for found in spans)
    return Verdict(
        film=film,
        policy=policy,
        basis=basis,
        outcome=settled(so_far, basis.precision, unknown=bool(reasons)),
        so_far=so_far,
        reasons=tuple(reasons),
        spans=tuple(sorted(spans, key=lambda found: (found.span, found.number, found.tag))),
        left_out=tuple(dict.fromkeys(left.tag for left in expansion.left_out)),
    )


def edges_of(shots: Sequence[Shot], duration_us: int) -> Edges:
    """Return where a film's shots begin."""
    end_us = max([duration_us, *(shot.span.end_us for shot in shots[-1:])])
    return Edges(tuple(map(_begins, shots)), tuple(shot.span.start_us for shot in shots), end_us)


def _begins(shot: Shot) -> Boundary:
    """Return the bracket of a shot's beginning; of a gradual one all that shows it mixed.

    A shot that is to be cut is seen from the first frame of the dissolve into it to the last of the
    one out of it.
    """
    gradual = shot.transition
    if gradual is None:
        return shot.begins
    lo_us, hi_us = shot.begins.lo_us, shot.begins.hi_us
    return Boundary(min(lo_us, gradual.first_us), max(hi_us, gradual.last_us))


def rulings_by_tag(reviews: Sequence[Review], rule: OnDisagreement) -> dict[str, Rulings]:
    """Settle a film's reviews, tag by tag."""
    tags = {review.opinion.tag for review in reviews}
    return {
        tag: rule_on([review for review in reviews if review.opinion.tag == tag], rule)
        for tag in sorted(tags)
    }


def model_readings(shots: Sequence[Shot], column: int) -> list[Reading]:
    """Return what the model says of the tag in a column of its vectors, shot by shot."""
    return [
        Reading(shot.span, shot.probabilities[column])
        for shot in shots
        if shot.probabilities is not None
    ]


def _found(
    rule: TagRule,
    shots: Sequence[Shot],
    edges: Edges,
    rulings: Rulings,
    reviews: Sequence[Review],
) -> list[Affected]:
    """Find the spans of one tag: the model's where nobody has spoken, and the reviewers'."""
    readings = model_readings(shots, rule.column)
    by_model = shaped(
        readings_without(readings, rulings.decided), rule.threshold, rule.rule.shaping
    )
    # What reviewers decided stays as they said: neither padded into, nor snapped over.
    own = without(finished(by_model, rule.rule.shaping, edges), rulings.decided)
    opened = union((*within(own, rulings.open), *rulings.open))
    inside = list(_whole(edges))
    parts = (
        (Standing.MODEL, without(own, rulings.open)),
        (Standing.OPEN, within(opened, inside)),
        (Standing.REVIEWER, within(rulings.present, inside)),
    )
    return [
        _affected(rule, span, standing, readings, reviews)
        for standing, spans in parts
        for span in spans
    ]


def _affected(
    rule: TagRule,
    span: Span,
    standing: Standing,
    readings: Sequence[Reading],
    reviews: Sequence[Review],
) -> Affected:
    touching = [
        (reading.probability, -reading.span.start_us, reading.span)
        for reading in readings
        if reading.span.start_us < span.end_us and span.start_us < reading.span.end_us
    ]
    peak, _, peak_shot = max(touching, default=(0.0, 0, span))
    return Affected(
        span=span,
        number=rule.number,
        rule=rule.rule,
        tag=rule.tag,
        standing=standing,
        threshold=rule.threshold,
        peak=peak,
        peak_shot=peak_shot,
        reviews=touching_reviews(rule.tag, span, reviews),
    )


def _said_only(left: LeftOut, rulings: Rulings, reviews: Sequence[Review]) -> list[Affected]:
    """Find the spans of a tag of which reviewers alone speak."""
    parts = ((Standing.REVIEWER, rulings.present), (Standing.OPEN, rulings.open))
    return [
        Affected(
            span=span,
            number=left.number,
            rule=left.rule,
            tag=left.tag,
            standing=standing,
            threshold=1.0,
            peak=0.0,
            peak_shot=span,
            reviews=touching_reviews(left.tag, span, reviews),
        )
        for standing, spans in parts
        for span in spans
    ]


def touching_reviews(tag: str, span: Span, reviews: Sequence[Review]) -> tuple[int, ...]:
    """Name the reviews of a tag that overlap a span."""
    return tuple(
        review.id
        for review in reviews
        if review.opinion.tag == tag
        and any(
            said.start_us < span.end_us and span.start_us < said.end_us
            for said in (review.opinion.asked, review.opinion.ruled)
        )
    )


def _unseen_reasons(
    rules: Sequence[TagRule],
    unseen: Sequence[Span],
    by_tag: dict[str, Rulings],
    edges: Edges,
) -> list[str]:
    if not edges.starts_us:
        return ["not one shot in it: there is nothing to judge"]
    decided = [by_tag.get(rule.tag, NO_RULINGS).decided for rule in rules]
    left = union(span for taken in decided for span in without(unseen, taken))
    return [
        f"{span.start_us / 1e6:.3f} to {span.end_us / 1e6:.3f} s could not be looked at"
        for span in left
    ]


def _whole(edges: Edges) -> list[Span]:
    return [] if edges.film is None else [edges.film]
