"""The head learns what is there to be learnt, and the same twice."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

from filmdex.export import head
from filmdex.export.evaluation.metrics import average_precision

TAGS, WIDTH = 3, 16


def made_up(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make embeddings in which each tag is a direction, the third tag none."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((300, TAGS)) < 0.3).astype(np.float32)
    directions = np.zeros((TAGS, WIDTH), np.float32)
    directions[0, :4] = directions[1, 4:8] = 1.0
    noise = rng.random((300, WIDTH)).astype(np.float32)
    return (noise + labels @ directions).astype(np.float32), labels


def test_it_learns_what_is_there_and_not_what_is_not() -> None:
    embeddings, labels = made_up(1)
    settled = np.ones_like(labels, dtype=np.bool_)
    trained = head.train(embeddings, labels, settled, head.Settings())
    unseen, truth = made_up(2)
    logits = trained.logits(unseen)
    found = [average_precision(logits[:, n], truth[:, n]) for n in range(TAGS)]
    assert min(found[:2]) > 0.9
    assert found[2] < 0.5


def test_the_same_seed_gives_the_same_head() -> None:
    embeddings, labels = made_up(1)
    settled = np.ones_like(labels, dtype=np.bool_)
    settings = head.Settings(steps=20)
    first, second = (head.train(embeddings, labels, settled, settings) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.bias, second.bias)


def test_what_is_not_settled_weighs_nothing() -> None:
    _, labels = made_up(1)
    settled = np.ones_like(labels, dtype=np.bool_)
    settled[:10, 0] = False
    weights = head.balanced(labels, settled)
    assert not weights[:10, 0].any()
    assert weights.sum(axis=0) == pytest.approx([1, 1, 1], rel=1e-4)
    shown = labels > 0
    assert weights[:, 0][shown[:, 0]].sum() == pytest.approx(0.5, rel=1e-4)
