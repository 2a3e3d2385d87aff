"""What a reviewer is asked first."""

from filmdex.db.records import Review
from filmdex.indexer.moderation.worth import LEAST_DOUBT, doubt, waiting, worth
from moderating import film, policy, review, seconds, verdict_on

BY = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"\nseverity = "low"')
TWO = policy(
    'tag = "Animation"\nthreshold = 0.5\naction = "skip"\nseverity = "low"',
    'tag = "War"\nthreshold = 0.5\naction = "skip"\nseverity = "high"',
)


def starts(
    *probabilities: float, said: tuple[Review, ...] = (), reviewer: str = "Ada"
) -> list[int]:
    verdict = verdict_on(film(*probabilities), BY, said)
    found = waiting([verdict], {1: said}, reviewer)
    return [one.found.span.start_us // 1_000_000 for one in found]


def test_the_nearer_to_the_threshold_the_sooner() -> None:
    assert starts(0.9, 0.0, 0.5, 0.0, 0.7) == [2, 4, 0]


def test_the_longer_the_sooner() -> None:
    assert starts(0.6, 0.0, 0.6, 0.6, 0.6) == [2, 0]


def test_the_graver_the_sooner_and_what_asks_for_review_before_what_does_not() -> None:
    grave = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"\nseverity = "high"')
    ask = policy('tag = "Animation"\nthreshold = 0.5\naction = "review"\nseverity = "low"')
    [low], [high], [asked] = (verdict_on(film(0.6), by).spans for by in (BY, grave, ask))
    assert worth(high) == 3 * worth(low)
    assert worth(asked) == 2 * worth(low)


def test_doubt_falls_from_the_threshold_to_certainty_and_never_to_nothing() -> None:
    doubts = [doubt(verdict_on(film(p), BY).spans[0]) for p in (0.5, 0.625, 0.75, 1.0)]
    assert doubts == [1.0, 0.75, 0.5, LEAST_DOUBT]


def test_what_a_reviewer_has_seen_or_settled_is_not_shown_again_and_a_dispute_is() -> None:
    unsure = (review(1, "unsure", seconds(0, 1)),)
    assert starts(0.6, said=unsure) == []
    assert starts(0.6, said=unsure, reviewer="Ben") == [0]
    accepted = (review(1, "accept", seconds(0, 1)),)
    assert starts(0.6, said=accepted, reviewer="Ben") == []
    disputed = (*accepted, review(2, "reject", seconds(0, 1), reviewer="Ben"))
    assert starts(0.6, said=disputed, reviewer="Cyd") == [0]
    assert starts(0.6, said=disputed, reviewer="Ben") == []


def test_spans_of_several_films_are_in_one_order() -> None:
    verdicts = [verdict_on(film(0.6), TWO), verdict_on(film(0.6, tag=1), TWO)]
    assert [one.found.tag for one in waiting(verdicts, {}, "Ada")] == ["War", "Animation"]
