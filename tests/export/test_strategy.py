"""Which strategy is chosen, by how many pictures and by what each stage is worth."""

import itertools

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

from filmdex.export.strategy import (
    MANY,
    EarlierStage,
    Evidence,
    Fixed,
    Further,
    choose,
    frozen_only,
    measure,
)


def test_the_rule_is_two_by_two() -> None:
    chosen = [
        choose(Evidence(5000, per_tag, 0.5, earlier, "block2"))[0]
        for per_tag, earlier in itertools.product((MANY - 1, MANY), (0.4, 0.6))
    ]
    assert chosen == [Fixed(), EarlierStage("block2"), Further("last-block"), Further("all")]


def test_the_reason_is_one_sentence_with_its_numbers() -> None:
    _, reason = choose(Evidence(1234, 56, 0.625, 0.5, "mixed7"))
    assert "\n" not in reason
    for number in ("1234", "56", str(MANY), "0.625", "0.500", "mixed7"):
        assert number in reason


def test_a_shipped_backbone_is_only_ever_fixed() -> None:
    assert frozen_only()[0] == Fixed()


def features(labels: np.ndarray, loudness: float, seed: int) -> np.ndarray:
    """Make features in which each tag is a direction, as loud as this over noise."""
    rng = np.random.default_rng(seed)
    noise = rng.random((len(labels), 8))
    return (noise + loudness * np.repeat(labels, 4, axis=1)).astype(np.float32)


@pytest.mark.parametrize(("last", "earlier", "unlike"), [(0.6, 0.1, False), (0.1, 0.6, True)])
def test_likeness_is_measured_by_what_the_stages_are_worth(
    last: float, earlier: float, unlike: bool
) -> None:
    rng = np.random.default_rng(1)
    labels = (rng.random((150, 2)) < [0.2, 0.4]).astype(np.float32)
    settled = np.ones_like(labels, np.bool_)
    settled[labels[:, 0] > 0, 1] = False
    sources = tuple(str(row // 5) for row in range(150))
    evidence = measure(
        features(labels, last, 2), features(labels, earlier, 3), "b", labels, settled, sources
    )
    assert evidence.unlike == unlike
    assert max(evidence.last, evidence.earlier) > 0.7
    shown = [labels[:, 0].sum(), labels[labels[:, 0] == 0, 1].sum()]
    assert (evidence.pictures, evidence.per_tag) == (150, np.median(shown))
