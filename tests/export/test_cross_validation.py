"""Cross-validation with models whose answer is known: each says what it was taught."""

import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.evaluation.cross_source import held_sources
from filmdex.export.evaluation.cross_validation import (
    SMALL,
    Predict,
    k_fold,
    large_groups,
    leave_one_out,
    out_of_fold,
)
from filmdex.export.evaluation.results import Undefined, WithoutInterval
from judgements import plain

SOURCES = tuple(f"s{number % 12:02}" for number in range(60))
LABELS = (np.arange(120).reshape(60, 2) % 3 == 0).astype(np.float32)


class Tells:
    """A model that answers, for every row, which rows it learnt from."""

    def __init__(self) -> None:
        self.taught: list[frozenset[int]] = []

    def __call__(self, rows: np.ndarray) -> Predict:
        number = len(self.taught)
        self.taught.append(frozenset(rows.tolist()))
        return lambda asked: np.stack([asked, np.full(len(asked), number)], 1).astype(np.float32)


def test_nobody_is_judged_by_a_model_that_saw_its_source() -> None:
    tells = Tells()
    logits = k_fold(LABELS, SOURCES, tells, folds=10, seed=1)
    assert len(tells.taught) == 10
    assert logits[:, 0].tolist() == list(range(60))
    for row, number in enumerate(logits[:, 1].astype(int)):
        seen = {SOURCES[other] for other in tells.taught[number]}
        assert SOURCES[row] not in seen


def test_each_source_is_left_out_alone_and_all_the_others_taught() -> None:
    tells = Tells()
    logits = leave_one_out(LABELS, SOURCES, tells)
    assert len(tells.taught) == 12
    for row, number in enumerate(logits[:, 1].astype(int)):
        left_out = set(range(60)) - tells.taught[number]
        assert left_out == {other for other in range(60) if SOURCES[other] == SOURCES[row]}


def test_more_folds_than_sources_are_refused() -> None:
    with pytest.raises(ModelError, match="12 sources cannot make 13 folds"):
        k_fold(LABELS, SOURCES, Tells(), folds=13)


def test_one_source_has_no_others() -> None:
    with pytest.raises(ModelError, match="only source"):
        leave_one_out(LABELS, ("one",) * 60, Tells())


def test_folds_that_hold_out_a_row_twice_are_refused() -> None:
    with pytest.raises(ModelError, match="each of 60 rows once"):
        out_of_fold((60, 2), (np.arange(60), np.arange(1)), Tells())


def test_an_answer_of_another_shape_is_refused() -> None:
    with pytest.raises(ModelError, match=r"expected \(5, 2\)"):
        leave_one_out(LABELS, SOURCES, lambda _: lambda asked: np.zeros((len(asked), 3), "f4"))


def test_small_sources_are_one_group() -> None:
    assert large_groups(("a", "b", "a", "c"), 2) == ("a", SMALL, "a", SMALL)


def test_each_source_stands_alone() -> None:
    judged = plain(
        labels=[[1, 1], [0, 1], [1, 0], [1, 0], [0, 0]],
        probabilities=[[0.9, 0.9], [0.8, 0.1], [0.7, 0.1], [0.2, 0.1], [0.9, 0.1]],
        sources="aabbc",
    )
    a, b, c = held_sources(judged, (0.5, 0.5), judged.sources)
    assert (a.source, a.pictures, a.only_here) == ("a", 2, ("B",))
    (cell,) = a.cells
    assert (cell.tag, cell.positives, cell.found, cell.false_alarms) == ("A", 1, 1, 1)
    assert isinstance(cell.auc, WithoutInterval)
    assert cell.auc.value == 1
    # Every picture of b shows A: one is found, and no order of them is wrong.
    (cell,) = b.cells
    assert (cell.positives, cell.found) == (2, 1)
    assert isinstance(cell.auc, Undefined)
    assert isinstance(cell.average_precision, Undefined)
    assert c.cells == ()
