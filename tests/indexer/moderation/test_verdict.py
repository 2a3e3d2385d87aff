"""Verdicts: what is not known is never allowed, and what people said goes before the model."""

from dataclasses import replace

import pytest
from filling import TAGS
from filmdex.db.records import Boundary, Precision, Shot, Transition, TransitionKind
from filmdex.indexer.moderation.policy import Action
from filmdex.indexer.moderation.verdict import Outcome, Standing, Subject, unindexed
from hypothesis import given
from hypothesis import strategies as st
from moderating import FILM, film, policy, review, seconds, verdict_on

SKIP = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"')


def spans(verdict: object) -> list[tuple[float, float]]:
    return [(f.span.start_us / 1e6, f.span.end_us / 1e6) for f in verdict.spans]  # type: ignore[attr-defined]


def test_a_film_without_anything_is_allowed() -> None:
    verdict = verdict_on(film(0.1, 0.2), SKIP)
    assert (verdict.outcome, verdict.spans, verdict.violated) == (Outcome.ALLOWED, (), False)
    assert verdict.outcome.decided


@pytest.mark.parametrize(
    ("action", "outcome", "violated"),
    [
        ("skip", Outcome.CUTS, True),
        ("mute", Outcome.CUTS, True),
        ("blur", Outcome.CUTS, True),
        ("review", Outcome.REVIEW, False),
        ("block", Outcome.BLOCKED, True),
    ],
)
def test_an_action_makes_a_verdict(action: str, outcome: Outcome, violated: bool) -> None:
    verdict = verdict_on(film(0.1, 0.9), policy(f'tag = "Animation"\naction = "{action}"'))
    assert (verdict.outcome, verdict.violated) == (outcome, violated)
    [found] = verdict.spans
    assert (found.tag, found.peak, found.threshold) == ("Animation", 0.9, 0.5)
    assert found.peak_shot == seconds(1, 2)
    assert verdict.affected_us == 1_000_000


def test_the_gravest_action_is_the_verdict() -> None:
    rules = [f'tag = "Animation"\naction = "{action}"' for action in ("skip", "review")]
    assert verdict_on(film(0.9), policy(*rules)).outcome is Outcome.REVIEW
    # Needs review, and violates the policy for certain whatever comes of that.
    assert verdict_on(film(0.9), policy(*rules)).violated
    both = policy(*rules, 'tag = "Animation"\naction = "block"')
    assert verdict_on(film(0.9), both).outcome is Outcome.BLOCKED


def test_what_was_not_looked_at_is_never_allowed() -> None:
    verdict = verdict_on(film(0.1, None, 0.1), SKIP)
    assert (verdict.outcome, verdict.so_far) == (Outcome.UNKNOWN, Outcome.ALLOWED)
    assert verdict.reasons == ("1.000 to 2.000 s could not be looked at",)
    assert verdict_on(film(0.9, None), SKIP).outcome is Outcome.UNKNOWN
    assert verdict_on([], SKIP).outcome is Outcome.UNKNOWN
    assert unindexed(FILM, SKIP, "not indexed yet").outcome is Outcome.UNKNOWN


def test_what_is_blocked_for_certain_is_so_whatever_is_unknown() -> None:
    block = policy('tag = "Animation"\naction = "block"')
    assert verdict_on(film(0.9, None), block).outcome is Outcome.BLOCKED
    keyframes = verdict_on(film(0.9, None), block, precision=Precision.KEYFRAMES)
    assert keyframes.outcome is Outcome.UNKNOWN


def test_a_keyframe_run_gives_nothing_but_provisional_verdicts() -> None:
    for shots, so_far in ((film(0.1), Outcome.ALLOWED), (film(0.9), Outcome.CUTS)):
        verdict = verdict_on(shots, SKIP, precision=Precision.KEYFRAMES)
        assert (verdict.outcome, verdict.so_far) == (Outcome.PROVISIONAL, so_far)
        assert not verdict.violated
        assert not verdict.outcome.decided
    unseen = verdict_on(film(0.1, None), SKIP, precision=Precision.KEYFRAMES)
    assert unseen.outcome is Outcome.UNKNOWN


def test_a_span_from_brackets_reaches_to_their_outer_ends() -> None:
    shots = film(0.1, 0.9, 0.1)
    bracketed = [
        Shot(
            s.span,
            Boundary(max(0, s.span.start_us - 300_000), s.span.start_us + 200_000),
            s.state,
            s.samples,
            s.probabilities,
        )
        for s in shots
    ]
    verdict = verdict_on(bracketed, SKIP, precision=Precision.KEYFRAMES)
    assert spans(verdict) == [(0.7, 2.2)]


def test_a_span_takes_in_the_dissolves_in_which_its_shot_is_seen() -> None:
    shots = film(0.1, 0.9, 0.1, 0.1)
    into = Transition(TransitionKind.DISSOLVE, 800_000, 1_200_000)
    out_of = Transition(TransitionKind.FADE, 1_900_000, 2_300_000)
    shots[1], shots[2] = replace(shots[1], transition=into), replace(shots[2], transition=out_of)
    assert spans(verdict_on(shots, SKIP)) == [(0.8, 2.3)]


def test_an_untrained_tag_is_unknown_unless_the_policy_ignores_it() -> None:
    rule = 'tag = "Prison"\naction = "skip"'
    verdict = verdict_on(film(0.0), policy(rule))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reasons == ("Prison: plain 1 cannot report it (rule 1)",)
    ignored = verdict_on(film(0.0), policy(rule, head='on_untrained = "ignore"'))
    assert (ignored.outcome, ignored.left_out) == (Outcome.ALLOWED, ("Prison",))


def test_reviewers_can_know_what_the_model_does_not() -> None:
    rule = policy('tag = "Prison"\naction = "skip"')
    whole = seconds(0, 2)
    clear = verdict_on(film(0.0, 0.0), rule, [review(1, "reject", whole, tag="Prison")])
    assert clear.outcome is Outcome.ALLOWED
    part = verdict_on(film(0.0, 0.0), rule, [review(1, "reject", seconds(0, 1), tag="Prison")])
    assert part.outcome is Outcome.UNKNOWN
    there = verdict_on(
        film(0.0, 0.0),
        rule,
        [review(1, "adjust", whole, ruled=seconds(0, 1), tag="Prison")],
    )
    assert (there.outcome, spans(there)) == (Outcome.CUTS, [(0, 1)])
    looked = [review(1, "reject", seconds(1, 2))]
    assert verdict_on(film(0.1, None), SKIP, looked).outcome is Outcome.ALLOWED


def test_a_rejected_span_is_gone_with_its_padding() -> None:
    padded = policy(
        'tag = "Animation"\nthreshold = 0.5\naction = "skip"\npad_before = 0.5\npad_after = 0.5'
    )
    assert spans(verdict_on(film(0.1, 0.9, 0.1), padded)) == [(0.5, 2.5)]
    rejected = verdict_on(film(0.1, 0.9, 0.1), padded, [review(1, "reject", seconds(1, 2))])
    assert (rejected.outcome, rejected.spans) == (Outcome.ALLOWED, ())


def test_nothing_reaches_into_what_a_reviewer_cleared_and_what_he_found_is_exact() -> None:
    padded = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"\npad_before = 1.0')
    cleared = verdict_on(film(0.1, 0.1, 0.9), padded, [review(1, "reject", seconds(0, 1.6))])
    assert spans(cleared) == [(1.6, 3)]
    found = verdict_on(film(0.1, 0.1, 0.1), padded, [review(1, "accept", seconds(1, 1.25))])
    assert spans(found) == [(1, 1.25)]
    [one] = found.spans
    assert (one.standing, one.reviews, one.action) == (Standing.REVIEWER, (1,), Action.SKIP)


def test_a_disputed_span_needs_review() -> None:
    said = [review(1, "accept", seconds(1, 2)), review(2, "reject", seconds(1, 2), reviewer="B")]
    verdict = verdict_on(film(0.1, 0.9), SKIP, said)
    [found] = verdict.spans
    assert (verdict.outcome, found.standing) == (Outcome.REVIEW, Standing.OPEN)
    assert not verdict.violated
    strict = policy(
        'tag = "Animation"\nthreshold = 0.5\naction = "skip"', head='on_disagreement = "strict"'
    )
    assert verdict_on(film(0.1, 0.9), strict, said).outcome is Outcome.CUTS


def test_a_review_past_the_end_of_the_film_affects_nothing_there() -> None:
    verdict = verdict_on(film(0.1, 0.1), SKIP, [review(1, "accept", seconds(1.5, 9))])
    assert spans(verdict) == [(1.5, 2)]


@pytest.mark.parametrize("exempt", ["fingerprint:ffffffff", "path:/films/*", "title:Film"])
def test_a_rule_leaves_alone_what_it_exempts(exempt: str) -> None:
    rule = f'tag = "Animation"\nthreshold = 0.5\naction = "skip"\nexempt = ["{exempt}"]'
    assert verdict_on(film(0.9), policy(rule)).outcome is Outcome.ALLOWED
    other = Subject(2, "e" * 32, "Other", ("/other/film.mkv",))
    assert verdict_on(film(0.9), policy(rule), subject=other).outcome is Outcome.CUTS


def test_a_group_expands_to_what_the_model_can_report() -> None:
    group = policy('group = "style"\naction = "skip"')
    assert [found.tag for found in verdict_on(film(0.9), group).spans] == ["Animation"]
    advice = policy('advice = "violence"\naction = "skip"', head='on_untrained = "ignore"')
    verdict = verdict_on(film(0.9, tag=1), advice)
    assert [found.tag for found in verdict.spans] == ["War"]
    assert "Murder" in verdict.left_out
    assert TAGS[1].tag not in verdict.left_out


@given(st.lists(st.one_of(st.none(), st.sampled_from([0.0, 0.4, 0.6])), max_size=12), st.data())
def test_a_film_is_allowed_only_if_every_moment_was_looked_at(
    probabilities: list[float | None], data: st.DataObject
) -> None:
    edges = st.tuples(st.integers(0, 11), st.integers(1, 6))
    said = [
        review(n, data.draw(st.sampled_from(["accept", "reject", "unsure"])), seconds(a, a + b))
        for n, (a, b) in enumerate(data.draw(st.lists(edges, max_size=4)), 1)
    ]
    verdict = verdict_on(film(*probabilities), SKIP, said)
    if verdict.outcome is Outcome.ALLOWED:
        last_word: dict[int, str] = {}
        for one in said:
            asked = one.opinion.asked
            for second in range(asked.start_us // 1_000_000, asked.end_us // 1_000_000):
                last_word[second] = one.opinion.decision.value
        assert probabilities
        for second, probability in enumerate(probabilities):
            word = last_word.get(second)
            assert word == "reject" or (word is None and probability in (0.0, 0.4))
    assert all(found.span.end_us <= len(probabilities) * 1_000_000 for found in verdict.spans)
