"""Three heads, one interface."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

from filmdex.db.errors import ModelError
from filmdex.export import head as shipped
from filmdex.export import heads, onnx_graphs
from filmdex.export.heads import HeadSettings, Preset, targets_for, train_head
from filmdex.export.progress import EpochDone, StepDone
from filmdex.export.ranking import mean_average_precision
from filmdex.indexer.sessions import Provider, open_session
from scipy.special import softmax

TAGS, WIDTH = 3, 16


def made_up(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make embeddings in which each tag is a direction; some pictures have none."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((200, TAGS)) < 0.3).astype(np.float32)
    directions = np.zeros((TAGS, WIDTH), np.float32)
    for tag in range(TAGS):
        directions[tag, 4 * tag : 4 * tag + 4] = 1.0
    embeddings = rng.random((200, WIDTH)).astype(np.float32) + labels @ directions
    return embeddings.astype(np.float32), labels, np.ones_like(labels, np.bool_)


@pytest.mark.parametrize("preset", list(Preset))
def test_it_learns_and_exports(preset: Preset, tmp_path: Path) -> None:
    embeddings, labels, settled = made_up(1)
    if preset is Preset.BINARY:
        labels, settled = labels[:, :1], settled[:, :1]
    head = train_head(embeddings, labels, settled, HeadSettings.of(preset))
    assert head.output.shape == (None, labels.shape[1])
    unseen, truth, known = made_up(2)
    truth, known = truth[:, : labels.shape[1]], known[:, : labels.shape[1]]
    logits = np.asarray(head.predict_on_batch(unseen))
    assert mean_average_precision(logits, truth, known) > 0.9
    path = tmp_path / "head.onnx"
    onnx_graphs.save(onnx_graphs.from_keras(head, "logits"), path)
    got = open_session(path, Provider.CPU, 0).run(unseen)
    onnx_graphs.require_parity("head", logits, got, 1e-4)


def test_multilabel_is_the_head_that_ships() -> None:
    embeddings, labels, settled = made_up(1)
    settled[:20, 1] = False
    settings = replace(HeadSettings.of(Preset.MULTILABEL), epochs=40)
    ours = np.asarray(train_head(embeddings, labels, settled, settings)(embeddings))
    theirs = shipped.train(embeddings, labels, settled, shipped.Settings(steps=40)).logits(
        embeddings
    )
    assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()


def test_a_papers_logit_is_the_log_odds_of_its_softmax() -> None:
    rng = np.random.default_rng(1)
    settings = replace(HeadSettings.of(Preset.PAPER), hidden=5)
    weights = [rng.standard_normal(shape).astype(np.float32) for shape in ((8, 5), 5, (5, 4), 4)]
    head = heads.assembled(weights, 3, settings)
    given = rng.random((6, 8), np.float32)
    unit = given / np.linalg.norm(given, axis=1, keepdims=True) * settings.length
    p = softmax(np.maximum(unit @ weights[0] + weights[1], 0) @ weights[2] + weights[3], axis=1)
    expected = np.log(p) - np.log1p(-p)
    assert np.allclose(np.asarray(head(given)), expected[:, :3], rtol=1e-3, atol=1e-3)


def test_a_softmax_shares_its_target_and_gives_none_a_class_of_its_own() -> None:
    labels = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]], np.float32)
    settled = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 0]], np.bool_)
    targets = targets_for(labels, settled, HeadSettings.of(Preset.PAPER))
    assert targets[:, :4].tolist() == [[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    assert targets[:, 4:].tolist() == [[1, 1, 1, 1]] * 3 + [[1, 1, 0, 1]]
    without = targets_for(labels[[0, 1]], settled[[0, 1]], HeadSettings.of(Preset.PAPER))
    assert without.shape == (2, 6)


def test_what_is_not_settled_changes_nothing_in_a_softmax() -> None:
    loss = heads.loss_for(HeadSettings.of(Preset.PAPER))
    targets = np.array([[1, 0, 0, 1, 1, 0]], np.float32)
    first, second = (np.array([[1.0, 2.0, third]], np.float32) for third in (-5.0, 50.0))
    expected = -np.log(softmax([1.0, 2.0])[0])
    assert np.asarray(loss(targets, first)) == pytest.approx(expected, rel=1e-5)
    assert np.asarray(loss(targets, second)) == pytest.approx(expected, rel=1e-5)


def test_each_epoch_is_told() -> None:
    embeddings, labels, settled = made_up(1)
    told: list[StepDone | EpochDone] = []
    settings = replace(HeadSettings.of(Preset.MULTILABEL), epochs=3)
    train_head(embeddings, labels, settled, settings, told.append)
    assert [(done.epoch, done.epochs) for done in told if isinstance(done, EpochDone)] == [
        (1, 3),
        (2, 3),
        (3, 3),
    ]


@pytest.mark.parametrize(
    ("preset", "labels", "reason"),
    [
        (Preset.MULTILABEL, [[1, 0], [1, 0]], "no tag has both"),
        (Preset.BINARY, [[1, 0], [0, 1]], "a binary head is for one tag, not for 2"),
        (Preset.PAPER, [[1, 0], [1, 0]], "pictures of one tag only"),
    ],
)
def test_nothing_to_tell_apart_is_refused(
    preset: Preset, labels: list[list[int]], reason: str
) -> None:
    table = np.array(labels, np.float32)
    with pytest.raises(ModelError, match=reason):
        train_head(
            np.ones((2, 4), np.float32),
            table,
            np.ones_like(table, np.bool_),
            HeadSettings.of(preset),
        )
