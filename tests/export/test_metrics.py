"""Metrics, reliability, confusion and mistakes, worked out by hand or by scikit-learn."""

import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.evaluation.confusion import confusion
from filmdex.export.evaluation.curves import MOST_POINTS, precision_recall
from filmdex.export.evaluation.evaluate import decisions, evaluate
from filmdex.export.evaluation.judged import Judged
from filmdex.export.evaluation.metrics import average_precision, metrics, over_chance
from filmdex.export.evaluation.mistakes import mistakes
from filmdex.export.evaluation.reliability import bins_of, calibration_error, reliability
from filmdex.export.evaluation.results import About, Estimated, Evaluation
from hypothesis import given
from hypothesis import strategies as st
from judgements import made_up, plain
from sklearn.metrics import f1_score, roc_auc_score

ABOUT = About(title="t", model="m", data_set="d", split="s", date="2026-01-01", notes=())


def test_metrics_worked_out_by_hand() -> None:
    found = metrics(
        np.array([0.9, 0.8, 0.3, 0.2]),
        np.array([True, False, True, False]),
        np.array([True, True, False, False]),
    )
    assert found["auc"] == pytest.approx(3 / 4)
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert (found["accuracy"], found["precision"], found["recall"], found["f1"]) == (0.5,) * 4


def test_nothing_taken_has_no_precision_and_an_f1_of_0() -> None:
    found = metrics(np.array([0.2, 0.1]), np.array([True, False]), np.array([False, False]))
    assert np.isnan(found["precision"])
    assert (found["f1"], found["recall"]) == (0, 0)


def test_no_positives_cannot_be_ranked() -> None:
    with pytest.raises(ValueError, match="no positives"):
        average_precision(np.array([0.1, 0.2]), np.array([0.0, 0.0]))


def test_chance_is_0_and_perfect_is_1() -> None:
    assert over_chance(0.1, 0.1) == 0
    assert over_chance(1.0, 0.1) == 1


# -- reliability -------------------------------------------------------------------------------


def test_the_calibration_error_of_two_bins_by_hand() -> None:
    probabilities = np.array([0.1, 0.1, 0.2, 0.7, 0.8, 0.9])
    shown = np.array([False, False, True, True, True, True])
    expected = (abs(0.4 - 1) + abs(2.4 - 3)) / 6
    assert calibration_error(probabilities, shown, bins=2) == pytest.approx(expected)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=200), st.integers(2, 15))
def test_bins_are_in_order_never_part_equals_and_are_as_even_as_ties_allow(
    values: list[int], bins: int
) -> None:
    probabilities = np.array(values) / 20
    of = bins_of(probabilities, bins)
    for low, high in zip(
        np.argsort(probabilities)[:-1], np.argsort(probabilities)[1:], strict=True
    ):
        assert of[low] <= of[high]
        assert probabilities[low] != probabilities[high] or of[low] == of[high]
    assert set(of.tolist()) == set(range(of.max() + 1))
    assert of.max() < bins


def test_bins_of_different_probabilities_hold_equally_many() -> None:
    assert np.bincount(bins_of(np.linspace(0, 1, 150), 15)).tolist() == [10] * 15


def test_a_calibrated_model_errs_as_much_as_chance_and_an_overconfident_one_more() -> None:
    rng = np.random.default_rng(4)
    probabilities = rng.random(4000)
    shown = rng.random(4000) < probabilities
    honest = reliability(probabilities, shown, seed=1)
    assert honest.error == pytest.approx(honest.by_chance, abs=0.012)
    boasting = reliability(np.where(probabilities > 0.5, 0.99, 0.01), shown, seed=1)
    assert boasting.error == pytest.approx(0.24, abs=0.03)
    assert boasting.by_chance < 0.01


def test_the_reliability_curve_rises_and_its_bins_count_everything() -> None:
    one = made_up().one(0)
    found = reliability(one.probabilities, one.shown, seed=1)
    assert sum(each.pictures for each in found.bins) == len(one.rows)
    assert sum(each.shown for each in found.bins) == one.positives
    assert list(found.curve) == sorted(found.curve)
    assert [y for _, y in found.curve] == sorted(y for _, y in found.curve)


# -- curves, confusion, mistakes ---------------------------------------------------------------


def test_a_curve_ends_with_every_positive_found() -> None:
    one = made_up(pictures=2000).one(1)
    points = precision_recall(one.probabilities, one.shown)
    assert len(points) <= MOST_POINTS
    assert [recall for recall, _ in points] == sorted(recall for recall, _ in points)
    assert points[-1][0] == 1


def test_confusion_counts_what_was_claimed_where_a_tag_was_missed() -> None:
    judged = plain(
        labels=[[1, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]],
        probabilities=[[0.1, 0.9, 0.1], [0.1, 0.9, 0.9], [0.1, 0.9, 0.1], [0.9, 0.9, 0.1]],
    )
    found = confusion(judged, judged.probabilities >= 0.5, (0, 1, 2))
    assert found.missed == (3, 0, 0)
    # The third picture does show B: claiming it is no confusion.
    assert found.claimed == ((0, 2, 1), (0, 0, 0), (0, 0, 0))
    assert found.silent == (1, 0, 0)


def test_claims_of_unsettled_labels_are_no_confusion() -> None:
    judged = plain([[1, 0]], [[0.1, 0.9]])
    judged.settled[0, 1] = False
    assert confusion(judged, judged.probabilities >= 0.5, (0, 1)).claimed == ((0, 0), (0, 0))


def test_the_worst_mistakes_come_first_and_what_is_right_does_not_come() -> None:
    judged = plain([[0], [0], [0], [1], [1]], [[0.7], [0.9], [0.2], [0.1], [0.8]])
    found = mistakes(judged, judged.one(0), 0.5)
    assert [each.name for each in found.alarms] == ["1.jpg", "0.jpg"]
    assert [(each.row, each.probability) for each in found.misses] == [(3, 0.1)]


# -- all of it ---------------------------------------------------------------------------------


def test_an_evaluation_is_scikit_learns_where_labels_are_settled() -> None:
    judged = made_up()
    found = evaluate(judged, (0.5, 0.4, 0.6), ABOUT, count=50)
    for column, result in enumerate(found.tags):
        settled = judged.settled[:, column]
        truth, values = judged.labels[settled, column], judged.probabilities[settled, column]
        auc, f1 = result.scores.auc, result.scores.f1
        assert isinstance(auc, Estimated)
        assert isinstance(f1, Estimated)
        assert auc.value == pytest.approx(roc_auc_score(truth, values))
        assert f1.value == pytest.approx(f1_score(truth, values >= result.threshold))
        assert auc.low <= auc.value <= auc.high
    micro = found.overall.micro.f1
    assert isinstance(micro, Estimated)
    taken = decisions(judged, (0.5, 0.4, 0.6))
    assert micro.value == pytest.approx(
        f1_score(judged.labels[judged.settled], taken[judged.settled])
    )


def test_unsettled_labels_change_nothing() -> None:
    judged = made_up()
    other = made_up()
    other.labels[~other.settled] = 1 - other.labels[~other.settled]
    limits = (0.5, 0.5, 0.5)
    assert evaluate(judged, limits, ABOUT, count=20) == evaluate(other, limits, ABOUT, count=20)


def test_a_tag_without_pictures_is_said_and_never_nan() -> None:
    judged = made_up(settled=1.0)
    judged.labels[:, 0] = 0
    found = evaluate(judged, (0.5, 0.99, None), ABOUT, count=20)
    assert [(each.tag, each.reason) for each in found.unmeasured] == [
        ("Forest", "no picture shows it"),
        ("War", "the model does not report it"),
    ]
    # Nothing reaches 0.99, or next to nothing: what is undefined is so in words.
    text = found.model_dump_json()
    assert "NaN" not in text
    assert Evaluation.model_validate_json(text) == found


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(ModelError, match="no tag has a threshold"):
        evaluate(made_up(), (None, None, None), ABOUT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"probabilities": np.full((2, 1), 1.5)}, "from 0 to 1"),
        ({"probabilities": np.full((2, 1), np.nan)}, "from 0 to 1"),
        ({"labels": np.full((2, 1), 0.5, np.float32)}, "0 or 1"),
        ({"settled": np.ones((3, 1), np.bool_)}, r"settled: shape \(3, 1\)"),
        ({"sources": ("s",)}, "2 pictures of 1 sources"),
    ],
)
def test_what_does_not_belong_together_is_refused(change: dict[str, object], reason: str) -> None:
    facts: dict[str, object] = {
        "tags": ("A",),
        "labels": np.ones((2, 1), np.float32),
        "settled": np.ones((2, 1), np.bool_),
        "probabilities": np.ones((2, 1)),
        "sources": ("s", "t"),
        "names": ("1", "2"),
    }
    with pytest.raises(ModelError, match=reason):
        Judged(**(facts | change))  # type: ignore[arg-type]
