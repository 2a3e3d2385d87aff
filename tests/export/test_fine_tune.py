"""Fine-tuning learns, keeps still what is frozen, and goes on where it was interrupted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the export extra is not installed")

import keras
from filmdex.db.errors import ModelError
from filmdex.export import heads
from filmdex.export.augment import NOTHING, STUDY, Augmentation
from filmdex.export.backbones import Network
from filmdex.export.checkpoints import read
from filmdex.export.feeds import ActivationFeed, PictureFeed, kept_activations, shuffled
from filmdex.export.fine_tune import FineTuning, Learner, Material, Places, TwoRates, fine_tune
from filmdex.export.heads import HeadSettings, Preset
from filmdex.export.progress import EpochDone, StepDone
from filmdex.export.unfreeze import frozen_until, parse
from filmdex.indexer.framing_names import FramingName
from tiny_network import SIDE, TINY, draw

SETTINGS = FineTuning(
    unfreeze="last-block", epochs=3, patience=3, batch=8, head_rate=0.03, backbone_rate=0.01
)
Told = Callable[[StepDone | EpochDone], None]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return draw(tmp_path_factory.mktemp("drawn"), 48)


def learner(preset: Preset = Preset.MULTILABEL) -> Learner:
    """Make the same learner every time."""
    keras.utils.set_random_seed(11)
    network = TINY.build()
    settings = HeadSettings.of(preset)
    rng = np.random.default_rng(1)
    shapes = [(8, 256), (256,), (256, 3), (3,)] if settings.hidden else [(8, 2), (2,)]
    weights = [(rng.standard_normal(shape) / 8).astype(np.float32) for shape in shapes]
    head = heads.assembled(weights, 2, settings)
    return Learner(network, FramingName.SQUASH, head, settings)


def places(folder: Path) -> Places:
    return Places(folder / "checkpoints", folder / "activations")


def weights_of(of: Learner) -> list[np.ndarray]:
    return [*of.network.body.get_weights(), *of.head.get_weights()]


def equal(first: Learner, second: Learner) -> bool:
    pairs = zip(weights_of(first), weights_of(second), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def block_weights(network: Network, name: str) -> list[np.ndarray]:
    return [array for layer in network.block(name).layers for array in layer.get_weights()]


class Interrupting:
    """Ctrl-C, at a step of an epoch."""

    def __init__(self, epoch: int, step: int) -> None:
        self.epoch, self.step, self.past = epoch, step, 0

    def __call__(self, done: StepDone | EpochDone) -> None:
        if isinstance(done, EpochDone):
            self.past = done.epoch
        elif (self.past + 1, done.step) == (self.epoch, self.step):
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("preset", "augmentation"), [(Preset.MULTILABEL, NOTHING), (Preset.PAPER, STUDY)]
)
def test_it_goes_on_where_it_was_interrupted_bit_for_bit(
    preset: Preset,
    augmentation: Augmentation,
    material: Material,
    tmp_path: Path,
) -> None:
    settings = replace(SETTINGS, augmentation=augmentation)
    undisturbed, disturbed = learner(preset), learner(preset)
    straight = fine_tune(undisturbed, material, settings, places(tmp_path / "one"))
    for epoch, step in ((1, 2), (3, 1)):
        with pytest.raises(KeyboardInterrupt):
            fine_tune(
                disturbed, material, settings, places(tmp_path / "two"), Interrupting(epoch, step)
            )
        disturbed = learner(preset)
    resumed = fine_tune(disturbed, material, settings, places(tmp_path / "two"))
    assert straight.epoch == 3
    assert resumed == straight
    assert equal(disturbed, undisturbed)
    # The last epoch's state, whichever was the best.
    ends = [read(tmp_path / run / "checkpoints/last.npz", straight.run) for run in ("one", "two")]
    assert ends[0] is not None
    assert ends[1] is not None
    for one, other in zip(ends[0][1], ends[1][1], strict=True):
        assert np.array_equal(one, other)


def test_what_is_frozen_stays_and_normalisation_everywhere(
    material: Material, tmp_path: Path
) -> None:
    for unfreeze, moved in (("last-block", {"block3"}), (2, {"block2", "block3"})):
        tuned, before = learner(), learner()
        settings = replace(SETTINGS, unfreeze=unfreeze, epochs=6, patience=6)
        ends = fine_tune(tuned, material, settings, places(tmp_path / str(unfreeze)))
        if ends.best_epoch == 0:
            pytest.fail("nothing was learnt, and so nothing is shown")
        for block in tuned.network.blocks:
            same = all(
                np.array_equal(one, other)
                for one, other in zip(
                    block_weights(tuned.network, block.name),
                    block_weights(before.network, block.name),
                    strict=True,
                )
            )
            assert same == (block.name not in moved)
        for layer in tuned.network.body.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                other = before.network.body.get_layer(layer.name)
                for one, two in zip(layer.get_weights(), other.get_weights(), strict=True):
                    assert np.array_equal(one, two)


def test_it_learns_what_the_pictures_show(material: Material, tmp_path: Path) -> None:
    settings = replace(SETTINGS, unfreeze="all", epochs=12, patience=12)
    ends = fine_tune(learner(), material, settings, places(tmp_path))
    losses = [values["loss"] for values in ends.history]
    assert losses[-1] < 0.8 * losses[0]
    # By chance it is about a half.
    assert ends.best > 0.8


def test_kept_activations_and_pictures_train_alike(material: Material, tmp_path: Path) -> None:
    """The same but for the rounding of activations to float16."""
    kept, streamed = learner(), learner()
    settings = replace(SETTINGS, epochs=1)
    fine_tune(kept, material, settings, places(tmp_path / "kept"))
    assert list((tmp_path / "kept/activations").glob("*.npy"))
    # An augmentation that does nothing, and yet is one.
    still = replace(settings, augmentation=replace(NOTHING, horizontal_flip=False, zoom=1e-12))
    fine_tune(streamed, material, still, places(tmp_path / "streamed"))
    assert not list((tmp_path / "streamed/activations").glob("*.npy"))
    for one, other in zip(weights_of(kept), weights_of(streamed), strict=True):
        assert np.abs(one - other).max() < 5e-3


def test_it_stops_when_nothing_becomes_better(material: Material, tmp_path: Path) -> None:
    tuned = learner()
    settings = replace(SETTINGS, epochs=9, patience=2, head_rate=1e-30, backbone_rate=1e-30)
    ends = fine_tune(tuned, material, settings, places(tmp_path))
    assert (ends.epoch, ends.best_epoch) == (2, 0)
    assert equal(tuned, learner())


def test_checkpoints_of_other_settings_are_refused(material: Material, tmp_path: Path) -> None:
    fine_tune(learner(), material, replace(SETTINGS, epochs=1), places(tmp_path))
    with pytest.raises(ModelError, match="other settings or pictures"):
        fine_tune(learner(), material, replace(SETTINGS, batch=4), places(tmp_path))
    # How long it is going to be does not matter: this goes on.
    assert fine_tune(learner(), material, replace(SETTINGS, epochs=2), places(tmp_path)).epoch == 2


def test_head_and_backbone_have_rates_of_their_own() -> None:
    head, backbone = keras.Variable([1.0]), keras.Variable([1.0])
    optimiser = TwoRates(0.1, 0.001, frozenset({0}))
    optimiser.build([head, backbone])
    optimiser.apply([keras.ops.ones((1,)), keras.ops.ones((1,))], [head, backbone])
    # Adam's first step is as long as its rate.
    assert [1 - float(variable.value[0]) for variable in (head, backbone)] == pytest.approx(
        [0.1, 0.001], rel=1e-3
    )


def test_activations_are_kept_once_and_known_by_what_they_are_of(
    material: Material, tmp_path: Path
) -> None:
    network = TINY.build()
    stem = network.stem("block2")
    pictures = PictureFeed(material.paths[:5], FramingName.SQUASH, SIDE)
    told: list[tuple[int, int]] = []

    def kept(digest: str) -> ActivationFeed:
        return kept_activations(
            stem, digest, pictures, tmp_path, 2, lambda done, of: told.append((done, of))
        )

    first = kept("one")
    frames = np.stack([pictures.read(row, 0) for row in range(5)])
    expected = np.asarray(stem(frames)).astype(np.float16)
    assert np.allclose(first.rows, expected, rtol=2e-3, atol=1e-4)
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert np.array_equal(kept("one").rows, first.rows)
    assert len(told) == 3
    kept("two")
    assert len(told) == 6


def test_each_epoch_has_its_own_order_and_pictures(material: Material) -> None:
    rows = list(range(20))
    orders = [shuffled(rows, 1, epoch) for epoch in (1, 2, 1)]
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[1]) == rows
    feed = PictureFeed(material.paths, FramingName.SQUASH, SIDE, STUDY, seed=1)
    once, twice, other = feed.read(3, 1), feed.read(3, 1), feed.read(3, 2)
    assert np.array_equal(once, twice)
    assert not np.array_equal(once, other)
    plain = PictureFeed(material.paths, FramingName.SQUASH, SIDE)
    assert np.array_equal(feed.read(3, 0), plain.read(3, 0))


@pytest.mark.parametrize(
    ("text", "block"), [("last-block", "block2"), ("1", "block2"), ("2", "block1"), ("all", None)]
)
def test_how_much_is_unfrozen(text: str, block: str | None) -> None:
    assert frozen_until(TINY.build(), parse(text)) == block


def test_what_cannot_be_unfrozen_is_said() -> None:
    for text in ("0", "-1", "some", "1.5", ""):
        with pytest.raises(ModelError, match="write last-block, all or a number"):
            parse(text)
    with pytest.raises(ModelError, match="tiny has 4 blocks; to train all of them write all"):
        frozen_until(TINY.build(), 4)
