"""What several reviewers' opinions come to."""

from filmdex.indexer.moderation.policy import OnDisagreement
from filmdex.indexer.moderation.rulings import Rulings, rule_on
from moderating import review, seconds

REVIEW, STRICT, LENIENT = OnDisagreement.REVIEW, OnDisagreement.STRICT, OnDisagreement.LENIENT
SPAN = seconds(2, 6)


def test_one_reviewer_decides() -> None:
    assert rule_on([review(1, "accept", SPAN)], REVIEW) == Rulings(present=(SPAN,))
    assert rule_on([review(1, "reject", SPAN)], REVIEW) == Rulings(absent=(SPAN,))
    assert rule_on([review(1, "unsure", SPAN)], REVIEW) == Rulings(open=(SPAN,))
    assert rule_on([], REVIEW) == Rulings()


def test_adjusting_moves_the_tag_and_clears_the_rest() -> None:
    found = rule_on([review(1, "adjust", SPAN, ruled=seconds(5, 8))], REVIEW)
    assert found == Rulings(present=(seconds(5, 8),), absent=(seconds(2, 5),))


def test_a_reviewers_later_opinion_replaces_his_earlier_one_where_they_overlap() -> None:
    found = rule_on([review(2, "reject", seconds(4, 6)), review(1, "accept", SPAN)], REVIEW)
    assert found == Rulings(present=(seconds(2, 4),), absent=(seconds(4, 6),))


def test_two_who_contradict_each_other_are_settled_by_a_third_or_by_rule() -> None:
    two = [review(1, "accept", SPAN), review(2, "reject", seconds(4, 8), reviewer="Ben")]
    agreed = {"present": (seconds(2, 4),), "absent": (seconds(6, 8),)}
    disputed = seconds(4, 6)
    assert rule_on(two, REVIEW) == Rulings(**agreed, open=(disputed,), disputed=(disputed,))
    strict = rule_on(two, STRICT)
    assert (strict.present, strict.open, strict.disputed) == ((SPAN,), (), (disputed,))
    assert rule_on(two, LENIENT).absent == (seconds(4, 8),)
    third = [*two, review(3, "reject", SPAN, reviewer="Cyd")]
    assert rule_on(third, STRICT).absent == (seconds(4, 8),)
    assert rule_on(third, STRICT).disputed == (seconds(2, 4),)


def test_who_is_unsure_has_no_voice_against_who_is_sure() -> None:
    said = [review(1, "unsure", SPAN), review(2, "accept", SPAN, reviewer="Ben")]
    assert rule_on(said, REVIEW) == Rulings(present=(SPAN,))


def test_being_unsure_takes_an_earlier_opinion_back() -> None:
    said = [review(1, "accept", SPAN), review(2, "unsure", SPAN)]
    assert rule_on(said, REVIEW) == Rulings(open=(SPAN,))
