"""Fine-tuning: the last blocks of a network are trained further, together with the head.

The head comes trained on the fixed features: with one that knows nothing yet, the first steps
would spoil what the network knows (Kumar et al., "Fine-Tuning can Distort Pretrained Features and
Underperform Out-of-Distribution", ICLR 2022). Batch normalisation stays as it is, statistics and
all: batches are too small for better ones.

A training that was interrupted goes on from the last epoch that ended, and ends with the same
weights, bit for bit on the same machine.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ..indexer.framing_names import FramingName
from . import checkpoints
from .augment import NOTHING, Augmentation
from .backbones import Network, applied
from .checkpoints import State
from .feeds import (
    Feed,
    PictureFeed,
    Prepared,
    activation_bytes,
    dataset,
    kept_activations,
    shuffled,
)
from .heads import HeadSettings, knows_none, loss_for, scores_of, targets_for
from .progress import EpochDone, StepDone, Watcher, silent
from .ranking import mean_average_precision
from .unfreeze import LAST_BLOCK, frozen_until

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How a fine-tuning is done; all of it goes into the card.

    `patience`: epochs without a better ranking of the validation pictures before it stops.
    """

    unfreeze: str | int = LAST_BLOCK
    epochs: int = 30
    patience: int = 5
    batch: int = 32
    head_rate: float = 1e-3
    backbone_rate: float = 1e-4
    augmentation: Augmentation = NOTHING
    seed: int = 20170829

    def __post_init__(self) -> None:
        if min(self.epochs, self.patience, self.batch) < 1:
            raise ValueError(f"no such fine-tuning: {self}")


@dataclass(frozen=True, slots=True)
class Learner:
    """What is tuned: a network, and a head `(N, D)` -> logits `(N, T)` trained on its features."""

    network: Network
    framing: FramingName
    head: keras.Model
    head_settings: HeadSettings


@dataclass(frozen=True, slots=True)
class Material:
    """Pictures with labels `(N, T)`, and which rows are for training and for validation."""

    paths: tuple[Path, ...]
    labels: Floats
    settled: Flags
    train: tuple[int, ...]
    validation: tuple[int, ...]

    def __post_init__(self) -> None:
        if set(self.train) & set(self.validation):
            raise ValueError("a picture is for training and for validation")
        if not self.train or not self.validation:
            raise ValueError("pictures are needed for training and for validation")


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of a training: its checkpoints, and activations that several may share."""

    checkpoints: Path
    activations: Path


def fine_tune(
    learner: Learner,
    material: Material,
    settings: FineTuning,
    places: Places,
    tell: Watcher = silent,
    prepared: Prepared = lambda _done, _of: None,
) -> State:
    """Train the learner in place, to the weights of its best epoch; 0 is how it came.

    To be called in the scope of `hardware.Plan`, as what made the network and the head was.
    prepared: is told how many pictures have gone through the frozen blocks, if that is kept.
    Raises ModelError for an unreadable picture, for a checkpoint that is damaged or of another
    training, and if there is nothing to tell apart; OSError if a checkpoint cannot be written.
    """
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(settings.seed)
    run = _run(learner, material, settings)
    feed, embedding = _feed(learner, material, settings, places, prepared)
    model, logits = _models(learner, settings, embedding)
    judge = applied(logits)
    targets = _targets(learner, material)
    changing = _changing(model)

    def judged() -> dict[str, float]:
        return _judged(judge, material, feed, settings.batch)

    last, best = places.checkpoints / checkpoints.LAST, places.checkpoints / checkpoints.BEST
    state = _resumed(last, run, changing)
    if state is None:
        values = judged()
        state = State(run, best=values["validation_average_precision"])
        checkpoints.write(best, state, _arrays(changing))
    while state.epoch < settings.epochs and state.waited < settings.patience:
        epoch = state.epoch + 1
        order = shuffled(material.train, settings.seed, epoch)
        batches = dataset(feed, order, targets, settings.batch, epoch)
        past = model.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=[_Told(tell)])
        values = {"loss": float(past.history["loss"][0]), **judged()}
        state = state.after(values["validation_average_precision"], values)
        if state.best_epoch == epoch:
            checkpoints.write(best, state, _arrays(changing))
        checkpoints.write(last, state, _arrays(changing))
        tell(EpochDone(epoch, settings.epochs, values))
    _resumed(best, run, changing)
    return state


def _run(learner: Learner, material: Material, settings: FineTuning) -> str:
    """Name a training by all that its weights depend on; how long it is going to be is not."""
    network, of = learner.network, asdict(settings)
    del of["epochs"], of["patience"]
    pictures = PictureFeed(material.paths, learner.framing, network.side)
    policy = str(network.body.layers[-1].dtype_policy.name)
    head = asdict(learner.head_settings)
    whole = hashlib.sha256(json.dumps([of, head, policy, network.digest, pictures.digest]).encode())
    for array in (
        *learner.head.get_weights(),
        material.labels,
        material.settled,
        np.array(material.train),
        np.array(material.validation),
    ):
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def _feed(
    learner: Learner,
    material: Material,
    settings: FineTuning,
    places: Places,
    prepared: Prepared,
) -> tuple[Feed, keras.Model]:
    """Return what is read, and the model from there to the embedding.

    What the frozen blocks make of a picture never changes if the picture does not: it is kept, if
    there is room for it.
    """
    network = learner.network
    network.body.trainable = True
    frozen = frozen_until(network, settings.unfreeze)
    pictures = PictureFeed(
        material.paths, learner.framing, network.side, settings.augmentation, settings.seed
    )
    if frozen is None:
        return pictures, network.model()
    stem, trunk = network.stem(frozen), network.trunk(frozen)
    stem.trainable = False
    if settings.augmentation == NOTHING and _room(stem, len(material.paths), places.activations):
        digest = f"{network.digest} {frozen}"
        kept = kept_activations(
            stem, digest, pictures, places.activations, settings.batch, prepared
        )
        return kept, trunk
    frames = keras.Input(pictures.shape, dtype=pictures.dtype)
    return pictures, keras.Model(frames, trunk(stem(frames, training=False)))


def _room(stem: keras.Model, pictures: int, folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    # Half of what is free: the checkpoints need room too.
    return activation_bytes(stem, pictures) < shutil.disk_usage(folder).free / 2


def _models(
    learner: Learner, settings: FineTuning, embedding: keras.Model
) -> tuple[keras.Model, keras.Model]:
    """Return the compiled model that is trained, and the one that gives logits; they share all."""
    for layer in learner.network.body.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    (feed,) = embedding.inputs
    given = keras.Input(feed.shape[1:], dtype=_read_as(feed))
    made = keras.ops.cast(embedding(keras.ops.cast(given, feed.dtype)), "float32")
    model = keras.Model(given, scores_of(learner.head)(made), name="tuned")
    heads = {id(variable) for variable in learner.head.trainable_variables}
    variables = enumerate(model.trainable_variables)
    of_head = frozenset(place for place, variable in variables if id(variable) in heads)
    model.compile(
        TwoRates(settings.head_rate, settings.backbone_rate, of_head),
        loss=loss_for(learner.head_settings),
        # Compiled for one size of batch at a time, and not the same on every machine.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    return model, keras.Model(given, learner.head(made), name="judge")


def _read_as(feed: keras.KerasTensor) -> str:
    return "uint8" if feed.dtype == "uint8" else "float16"


class TwoRates(keras.optimizers.Adam):  # type: ignore[misc]  # Keras has no types
    """Adam (Kingma and Ba, 2015) with one learning rate for the head and one for all else.

    of_head: the places of the head's variables among those that are trained.
    """

    def __init__(self, head_rate: float, backbone_rate: float, of_head: frozenset[int]) -> None:
        super().__init__(head_rate)
        self._of_head = of_head
        self._factor = backbone_rate / head_rate

    def update_step(self, gradient: object, variable: keras.Variable, learning_rate: float) -> None:
        """Change one variable."""
        factor = 1.0 if self._get_variable_index(variable) in self._of_head else self._factor
        super().update_step(gradient, variable, learning_rate * factor)


def _targets(learner: Learner, material: Material) -> Floats:
    """Return the training rows' targets in their places; the others' are never read."""
    rows = list(material.train)
    none = knows_none(learner.head, learner.head_settings)
    of_train = targets_for(
        material.labels[rows], material.settled[rows], learner.head_settings, none
    )
    targets = np.zeros((len(material.paths), of_train.shape[1]), np.float32)
    targets[rows] = of_train
    return targets


def _judged(
    judge: Callable[[Array], Floats], material: Material, feed: Feed, batch: int
) -> dict[str, float]:
    """Judge by the validation pictures, as they are."""
    rows = list(material.validation)
    nothing = np.zeros((len(material.paths), 1), np.float32)
    batches = dataset(feed, rows, nothing, batch, epoch=0)
    logits = np.concatenate([judge(given) for given, _ in batches])
    labels, settled = material.labels[rows], material.settled[rows]
    return {
        "validation_loss": _entropy(logits, labels, settled),
        "validation_average_precision": mean_average_precision(logits, labels, settled),
    }


def _entropy(logits: Floats, labels: Floats, settled: Flags) -> float:
    """Return the mean cross-entropy of each tag by itself: comparable between heads."""
    each = np.logaddexp(0.0, logits.astype(np.float64)) - logits * labels
    return float(each[settled].mean())


def _changing(model: keras.Model) -> list[keras.Variable]:
    """Return all that an epoch changes: weights, the optimiser's memory, the states of dropout."""
    weights = {id(variable) for variable in model.weights}
    seeds = [variable for variable in model.variables if id(variable) not in weights]
    return [*model.trainable_variables, *seeds, *model.optimizer.variables]


def _arrays(variables: Sequence[keras.Variable]) -> list[Array]:
    return [np.asarray(variable) for variable in variables]


def _resumed(path: Path, run: str, changing: Sequence[keras.Variable]) -> State | None:
    """Bring all variables to where a checkpoint has them; none if there is no checkpoint."""
    held = checkpoints.read(path, run)
    if held is None:
        return None
    state, arrays = held
    for variable, array in zip(changing, arrays, strict=True):
        variable.assign(array)
    return state


class _Told(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    def __init__(self, tell: Watcher) -> None:
        super().__init__()
        self._tell = tell

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {})["loss"])
        self._tell(StepDone(batch + 1, int(self.params["steps"]), loss))
