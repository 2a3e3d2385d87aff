"""Relevance against the formula worked out with numpy, and its edges."""

import numpy as np
import pytest
from filmdex.indexer.relevance import FilmTally, TagRule, shot_vector
from hypothesis import given
from hypothesis import strategies as st

PROBABILITY = st.floats(0, 1, width=16)


def rules(count: int, threshold: float = 0.5) -> tuple[TagRule, ...]:
    return tuple(TagRule(f"tag {n}", n, threshold, 1.0, 0.1, 0.6) for n in range(count))


@given(
    st.integers(1, 4).flatmap(
        lambda tags: st.lists(
            st.lists(PROBABILITY, min_size=tags, max_size=tags), min_size=1, max_size=20
        )
    )
)
def test_the_formula_of_the_paper(samples: list[list[float]]) -> None:
    tally = FilmTally(rules(len(samples[0])))
    for sample in samples:
        tally.add(1_000_000, sample, [sample])
    matrix = np.array(samples)
    weights = (matrix >= 0.5).sum(axis=0) / len(samples) * matrix.sum(axis=0)
    spread = weights.max() - weights.min()
    expected = (weights - weights.min()) / spread if spread else np.zeros_like(weights)
    tags = {tag.tag: tag for tag in tally.film_tags(len(samples) * 1_000_000)}
    for n, (weight, relevance) in enumerate(zip(weights, expected, strict=True)):
        assert tags[f"tag {n}"].weight == pytest.approx(weight)
        assert tags[f"tag {n}"].relevance == pytest.approx(relevance)
        assert tags[f"tag {n}"].peak == matrix[:, n].max()


def test_seconds_and_coverage_count_whole_shots_that_have_the_tag() -> None:
    tally = FilmTally(rules(1))
    tally.add(3_000_000, [0.7], [[0.7], [0.2]])
    tally.add(1_000_000, [0.4], [[0.4]])
    (tag,) = tally.film_tags(4_000_000)
    assert (tag.seconds, tag.coverage, tag.peak, tag.present) == (3.0, 0.75, 0.7, True)
    assert tag.weight == pytest.approx(1 / 3 * 1.3)


@pytest.mark.parametrize(
    ("rule", "present"),
    [
        (TagRule("tag", 0, 0.5, 3.0, 0.3, 0.7), True),
        (TagRule("tag", 0, 0.5, 3.1, 0.3, 0.7), False),
        (TagRule("tag", 0, 0.5, 3.0, 0.31, 0.7), False),
        (TagRule("tag", 0, 0.5, 3.0, 0.3, 0.71), False),
    ],
)
def test_a_film_has_a_tag_when_all_three_limits_are_reached(rule: TagRule, present: bool) -> None:
    tally = FilmTally((rule,))
    tally.add(3_000_000, [0.7], [[0.7]])
    tally.add(7_000_000, [0.1], [[0.1]])
    (tag,) = tally.film_tags(10_000_000)
    assert tag.present is present


def test_in_a_blank_film_no_tag_stands_out() -> None:
    tally = FilmTally(rules(2))
    tally.add(1_000_000, [0.0, 0.0], [])
    assert {tag.relevance for tag in tally.film_tags(1_000_000)} == {0.0}


def test_nothing_is_said_of_a_film_that_was_not_looked_at() -> None:
    assert FilmTally(rules(2)).film_tags(1_000_000) == ()


def test_a_shot_has_the_highest_probability_of_its_samples() -> None:
    assert shot_vector([(0.1, 0.9), (0.5, 0.2)], 2) == (0.5, 0.9)
    assert shot_vector([], 2) == (0.0, 0.0)
