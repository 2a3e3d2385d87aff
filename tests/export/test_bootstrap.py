"""Intervals from drawing sources again: against scikit-learn, draw by draw, and by construction."""

import numpy as np
import pytest
from filmdex.export.evaluation.bootstrap import draws, estimate, mean_over_tags, replicates
from filmdex.export.evaluation.judged import OneTag
from filmdex.export.evaluation.metrics import METRICS
from filmdex.export.evaluation.results import Estimated, Undefined, WithoutInterval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs


def tag(probabilities: list[float], shown: list[bool], clusters: list[int]) -> OneTag:
    return OneTag(
        rows=np.arange(len(shown)),
        probabilities=np.array(probabilities),
        shown=np.array(shown),
        clusters=np.array(clusters),
    )


# One picture: a probability with ties, whether it shows the tag, its source.
PICTURE = st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8]), st.booleans(), st.integers(0, 5))


@settings(deadline=None, max_examples=50)
@given(st.lists(PICTURE, min_size=2, max_size=40), st.integers(0, 99))
def test_each_draw_is_what_scikit_learn_counts_with_its_sources_repeated(
    pictures: list[tuple[float, bool, int]], seed: int
) -> None:
    one = tag(*(list(column) for column in zip(*pictures, strict=True)))
    taken = one.probabilities >= 0.5
    drawn = draws(6, 5, seed)
    found = replicates(one, taken, drawn)
    for number, counts in enumerate(drawn):
        rows = np.repeat(np.arange(len(pictures)), counts[one.clusters].astype(int))
        shown, claimed, values = one.shown[rows], taken[rows], one.probabilities[rows]
        if not shown.any():
            assert np.isnan([found[name][number] for name in METRICS if name != "accuracy"]).all()
            continue
        expected = {
            "auc": theirs.roc_auc_score(shown, values) if not shown.all() else np.nan,
            "accuracy": theirs.accuracy_score(shown, claimed),
            "f1": theirs.f1_score(shown, claimed),
            "precision": theirs.precision_score(shown, claimed, zero_division=np.nan),
            "recall": theirs.recall_score(shown, claimed),
            "average_precision": theirs.average_precision_score(shown, values),
        }
        for name in METRICS:
            assert found[name][number] == pytest.approx(expected[name], nan_ok=True), name


def test_a_draw_has_as_many_sources_as_there_are_and_a_seed_gives_the_same() -> None:
    drawn = draws(7, 100, seed=3)
    assert (drawn.sum(axis=1) == 7).all()
    assert np.array_equal(drawn, draws(7, 100, seed=3))
    assert not np.array_equal(drawn, draws(7, 100, seed=4))


def test_pictures_of_one_source_do_not_count_as_many() -> None:
    """Ten equal pictures a source say no more than one: the interval is as wide."""
    rng = np.random.default_rng(2)
    shown, values = rng.random(60) < 0.5, rng.random(60)
    drawn = draws(60, 400, seed=1)

    def width(times: int) -> float:
        one = tag(
            np.repeat(values, times).tolist(),
            np.repeat(shown, times).tolist(),
            np.repeat(np.arange(60), times).tolist(),
        )
        found = estimate(0.5, replicates(one, one.probabilities > 0.5, drawn)["recall"])
        assert isinstance(found, Estimated)
        return found.high - found.low

    assert width(10) == pytest.approx(width(1))


def test_the_interval_of_a_mean_covers_it_about_as_often_as_it_says() -> None:
    """Recall of independent sources is a share, and 95 % intervals are to hold it that often."""
    rng = np.random.default_rng(5)
    held = 0
    for number in range(200):
        found = rng.random(80) < 0.7
        one = tag(found.astype(float).tolist(), [True] * 80, list(range(80)))
        recall = replicates(one, found, draws(80, 200, seed=number))["recall"]
        interval = estimate(float(found.mean()), recall)
        assert isinstance(interval, Estimated)
        held += interval.low <= 0.7 <= interval.high
    assert 178 <= held <= 199


def test_a_tag_of_one_source_has_a_value_and_no_interval() -> None:
    one = tag([0.9, 0.8, 0.1, 0.2], [True, True, False, False], [0, 0, 1, 2])
    recall = replicates(one, one.probabilities > 0.5, draws(3, 500, seed=1))["recall"]
    found = estimate(1.0, recall)
    assert isinstance(found, WithoutInterval)
    assert "too few sources" in found.reason


def test_what_is_undefined_says_so() -> None:
    assert isinstance(estimate(float("nan"), np.full(10, np.nan)), Undefined)


def test_a_tag_that_a_draw_lacks_is_left_out_of_the_mean() -> None:
    mean = mean_over_tags([np.array([0.5, np.nan, np.nan]), np.array([0.7, 0.2, np.nan])])
    assert mean == pytest.approx([0.6, 0.2, np.nan], nan_ok=True)
