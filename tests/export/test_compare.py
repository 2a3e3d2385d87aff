"""Comparisons: the same model differs by nothing, a better one by what it is better; turns."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.evaluation.compare import Contender, compare
from filmdex.export.evaluation.judged import Judged
from filmdex.export.evaluation.results import About, Comparison, Estimated, Speed
from filmdex.export.evaluation.speed import images_per_second
from judgements import made_up

ABOUT = About(title="t", model="m", data_set="d", split="s", date="2026-01-01", notes=())
SPEED = Speed(median=10, lowest=9, highest=11)
LIMITS = (0.5, 0.5, 0.5)


def contender(name: str, judged: Judged, limits: tuple[float | None, ...] = LIMITS) -> Contender:
    return Contender(name, judged, limits, parameters=1000, speed=SPEED)


def test_a_model_is_no_better_than_itself() -> None:
    judged = made_up()
    found = compare((contender("a", judged), contender("b", judged)), ABOUT, "a machine", count=50)
    for name in ("auc", "accuracy", "f1", "average_precision"):
        over = getattr(found.models[1].over_first, name)
        assert (over.value, over.low, over.high) == (0, 0, 0)
    assert found.models[0].macro == found.models[1].macro
    assert Comparison.model_validate_json(found.model_dump_json()) == found


def test_a_better_model_is_better_in_every_draw_though_the_intervals_overlap() -> None:
    judged = made_up(pictures=120)
    better = dataclasses.replace(
        judged, probabilities=np.minimum(0.95 * judged.probabilities + 0.05 * judged.labels, 1)
    )
    found = compare((contender("a", judged), contender("b", better)), ABOUT, "a machine", count=100)
    first, second = (model.macro.auc for model in found.models)
    over = found.models[1].over_first.auc
    assert isinstance(first, Estimated)
    assert isinstance(second, Estimated)
    assert isinstance(over, Estimated)
    assert second.low < first.high
    assert over.low > 0
    assert over.value == pytest.approx(second.value - first.value)


def test_only_tags_that_all_report_are_compared() -> None:
    judged = made_up()
    found = compare(
        (contender("a", judged, (0.5, None, 0.5)), contender("b", judged, (0.5, 0.5, None))),
        ABOUT,
        "a machine",
        count=20,
    )
    assert found.tags == ("Forest",)


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ((), "two models or more"),
        ((contender("a", made_up()),), "a name of its own"),
        ((contender("b", made_up(seed=2)),), "other pictures, labels or tags"),
        ((contender("b", made_up(), (None, None, None)),), "no tag"),
    ],
)
def test_what_cannot_be_compared_is_refused(others: tuple[Contender, ...], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        compare((contender("a", made_up()), *others), ABOUT, "a machine")


def test_speeds_are_measured_by_turns_and_the_first_time_does_not_count() -> None:
    """Time is what the functions say that it is."""
    now, order = [0.0], []

    def takes(name: str, seconds: list[float]) -> Callable[[], None]:
        def run() -> None:
            order.append(name)
            now[0] += seconds.pop(0)

        return run

    runs = {"a": takes("a", [99, 1, 2, 4]), "b": takes("b", [99, 8, 8, 8])}
    found = images_per_second(runs, images=16, rounds=3, clock=lambda: now[0])
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"
    assert found["a"] == Speed(median=8, lowest=4, highest=16)
    assert found["b"].median == pytest.approx(2)
