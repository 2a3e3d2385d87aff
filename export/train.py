"""From a data set to a model bundle. Read `train` from the top.

read -> audit -> splits -> strategy -> features -> head (and blocks) -> calibration, thresholds
     -> ONNX graphs, each checked -> the bundle
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer import bundle
from ..indexer.bundle import Bundle
from ..indexer.card import Card, DataSet, GraphPrecision, Input, TagCard
from ..indexer.framing import FRAMINGS
from ..indexer.framing_names import FramingName
from ..indexer.pixels_type import Pixels
from . import abilities, backbones, datasets, features, hardware, held_out, strategy, weights
from .assemble import write_bundle
from .augment import NOTHING, STUDY
from .backbones import Network
from .features import Extractor, ShippedBackbone
from .fine_tune import FineTuning, Places
from .held_out import HeldOut
from .keras_features import Stage
from .lent import Lent
from .measured import Measured
from .order import AUTO, FINE_TUNE, PROBE, Order
from .parts import BorrowedBackbone, Identity, Origin, Parts, TrainedBackbone
from .picture_files import decode
from .progress import Watcher
from .recipes import Fitted, FittedNetwork, Fixed, Recipe, Tuned
from .run_folder import RunFolder
from .splits import Splits
from .strategy import EarlierStage, Further, Strategy
from .task import Rows, Task
from .vocabulary import Vocabulary

# What did best for films.
FRAMING = FramingName.CENTRE
PARITY_FRAMES, RANGE_FRAMES = 16, 96
HELD_OUT = "pictures held out from training, split by source"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told: lines for people, epochs as they end, and how many pictures are through."""

    say: Callable[[str], None]
    watch: Watcher
    through: Callable[[str, int, int], None]
    report: Callable[[datasets.DataSet, Splits], None]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The data set as it was read, what is to be learnt from it, and its splits."""

    data: datasets.DataSet
    task: Task
    train: Rows
    validation: Rows
    test: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How the order is carried out: the recipe, the source of its features, and why."""

    recipe: Recipe
    extractor: Extractor
    strategy: Strategy
    why: str
    network: Network | Bundle


def train(order: Order, run: RunFolder, cache: Path, audience: Audience) -> Card:
    """Carry out the order of a run folder; return the card of the bundle that came of it.

    cache: where features are kept between trainings. Raises ModelError, and OSError.
    """
    material = read(order, run, audience)
    plan = planned(order, material.task, run, cache, audience)
    audience.say(plan.why)
    fitted = plan.recipe.fit(material.train, material.validation)
    audience.say("held-out pictures: calibration and thresholds")
    tags = judged(
        order, material, *plan.recipe.held_out(fitted, material.train, material.validation)
    )
    if not any(entry.ability.status != "untrained" for entry in tags):
        raise ModelError(
            f"{order.data_set}: no tag was learnt: "
            + "; ".join(f"{e.tag}: {getattr(e.ability, 'reason', '')}" for e in tags[:5])
        )
    whole = parts(order, material, plan, fitted, tags)
    return write_bundle(run.bundle, whole, audience.say, replacing=True)


def export_again(
    path: Path,
    precisions: tuple[GraphPrecision, ...],
    cache: Path,
    audience_of: Callable[[RunFolder], AbstractContextManager[Audience]],
    *,
    single: bool,
) -> Card:
    """Make a finished training's bundle anew with graphs in other precisions.

    What was trained is taken up where it ended: features and checkpoints are there. The bundle is
    in use until the new one is whole. Raises ModelError, and OSError.
    """
    run, order = RunFolder.open(path)
    wanted = replace(order, precisions=precisions, single=single)
    with audience_of(run) as audience:
        card = train(wanted, run, cache, audience)
    run.remember(wanted)
    return card


def read(order: Order, run: RunFolder, audience: Audience) -> Material:
    """Read the data set, report it, and split it, as before if it was split before."""
    vocabulary = vocabulary_of(order)
    through = partial(audience.through, "pictures read")
    data = datasets.read(Path(order.data_set), vocabulary, tell=through)
    splits = run.splits(data, order.seed)
    audience.report(data, splits)
    task = Task.of(data, vocabulary, order.tag)
    sides = (np.array(side, np.intp) for side in (splits.train, splits.validation, splits.test))
    return Material(data, task, *sides)


def vocabulary_of(order: Order) -> Vocabulary:
    """Return the vocabulary that an order names, or the one that ships."""
    if order.vocabulary is None:
        return Vocabulary.shipped()
    return Vocabulary.parse(Path(order.vocabulary).read_text(encoding="utf-8"))


def planned(order: Order, task: Task, run: RunFolder, cache: Path, audience: Audience) -> Plan:
    """Choose the strategy if that is asked for, compute features, and put the recipe together."""

    def extract(extractor: Extractor) -> features.Floats:
        told = partial(audience.through, f"features by {order.backbone}")
        return features.extract(task.paths, extractor, cache, told).features

    if order.borrowed is not None:
        lender = bundle.load(bundle.locate(order.borrowed))
        shipped = ShippedBackbone.of(lender)
        chosen, why = strategy.frozen_only()
        recipe = Fixed(task, extract(shipped), order.head_alone, audience.watch)
        return Plan(recipe, shipped, chosen, why, lender)
    machine = hardware.plan(hardware.visible())
    audience.say(machine.reason)

    def build() -> Network:
        source = weights.parse(order.weights, order.seed)
        return weights.build(backbones.named(order.backbone), source, policy=machine.policy)

    with machine.scope():
        network = build()
    whole = Stage.of(network, FRAMING)
    chosen, why = _strategy(order, task, network, extract)
    match chosen:
        case strategy.Fixed():
            recipe = Fixed(task, extract(whole), order.head_alone, audience.watch)
            return Plan(recipe, whole, chosen, why, network)
        case EarlierStage(stage):
            earlier = Stage.of(network, FRAMING, stage)
            recipe = Fixed(task, extract(earlier), order.head_alone, audience.watch)
            return Plan(recipe, earlier, chosen, why, network)
        case Further(unfreeze):
            tuned = Tuned(
                task,
                extract(whole),
                order.head,
                _tuning(order, unfreeze),
                build,
                machine.scope,
                FRAMING,
                Places(run.checkpoints, cache / "activations"),
                audience.watch,
                partial(audience.through, "pictures through the frozen blocks"),
            )
            return Plan(tuned, whole, chosen, why, network)
        case _:
            assert_never(chosen)


def _tuning(order: Order, unfreeze: str | int) -> FineTuning:
    augmentation = STUDY if order.augment else NOTHING
    if order.epochs is None:
        return FineTuning(unfreeze=unfreeze, augmentation=augmentation, seed=order.seed)
    return FineTuning(
        unfreeze=unfreeze, augmentation=augmentation, seed=order.seed, epochs=order.epochs
    )


def _strategy(
    order: Order,
    task: Task,
    network: Network,
    extract: Callable[[Extractor], features.Floats],
) -> tuple[Strategy, str]:
    match order.strategy:
        case str(name) if name == AUTO:
            stage = network.blocks[len(network.blocks) // 2].name
            evidence = strategy.measure(
                extract(Stage.of(network, FRAMING)),
                extract(Stage.of(network, FRAMING, stage)),
                stage,
                task.labels,
                task.settled,
                task.groups,
            )
            return strategy.choose(evidence)
        case str(name) if name == PROBE and order.stage is not None:
            return EarlierStage(order.stage), f"a linear probe at {order.stage}, as asked"
        case str(name) if name == FINE_TUNE:
            return Further(order.unfreeze), f"fine-tuning ({order.unfreeze}), as asked"
        case _:
            return strategy.Fixed(), "the fixed extractor, as asked"


def judged(
    order: Order, material: Material, rows: Rows, logits: npt.NDArray[np.float32]
) -> tuple[TagCard, ...]:
    """Say of each tag what the model can do, by held-out rows and their logits `(n, T)`."""
    task, cards = material.task, []
    for column, tag in enumerate(task.tags):
        known = task.settled[rows, column]
        seen = HeldOut(
            tag=tag.tag,
            logits=logits[known, column],
            labels=task.labels[rows[known], column],
            sources=task.groups_of(rows[known]),
            styles=np.zeros(int(known.sum())),
        )
        finding = held_out.judge(seen, task.pictures_of(column), order.rule)
        cards.append(abilities.tag_card(tag, finding, Measured.nothing(), HELD_OUT))
    return tuple(cards)


def parts(
    order: Order, material: Material, plan: Plan, fitted: Fitted, tags: tuple[TagCard, ...]
) -> Parts:
    """Put together what the bundle is made of."""
    data, task, extractor = material.data, material.task, plan.extractor
    lent = Lent.of(plan.network, task) if isinstance(plan.network, Bundle) else Lent()
    return Parts(
        identity=Identity(order.name, "1", f"Trained with filmdex train: {plan.why}."),
        input=Input(
            side=extractor.side,
            colour="RGB",
            framing=extractor.framing,
            expert_framing=lent.framing,
            resize="area",
        ),
        backbone=_backbone(plan, fitted, order, material),
        logits=fitted.head,
        head_origin=Origin("trained by filmdex train", "as its pictures allow"),
        tags=tuple(lent.tags.get(entry.tag, entry) for entry in tags),
        frames=np.stack(framed(material.test, PARITY_FRAMES, task, extractor)),
        training=facts(order, material, plan),
        data_set=DataSet(
            digest=data.pictures.digest,
            pictures=len(task.paths),
            sources=len(set(data.pictures.sources)),
            note=f"{data.pictures.files} files; {len(data.audit.unreadable)} could not be read",
        ),
        experts=lent.experts,
        notices=lent.notices,
        single=order.single,
    )


def _backbone(
    plan: Plan, fitted: Fitted, order: Order, material: Material
) -> TrainedBackbone | BorrowedBackbone:
    if isinstance(plan.network, Bundle):
        return BorrowedBackbone(plan.network)
    network = fitted.network if isinstance(fitted, FittedNetwork) else plan.network
    # What gives features in mixed precision is converted from float32.
    exact = network.in_float32()
    stage = plan.strategy.stage if isinstance(plan.strategy, EarlierStage) else None
    return TrainedBackbone(
        model=exact.model() if stage is None else exact.probe(stage),
        origin=Origin(f"{order.backbone}, weights: {order.weights}", "as its weights allow"),
        precisions=order.precisions,
        ranges=np.stack(framed(material.train, RANGE_FRAMES, material.task, plan.extractor)),
    )


def framed(rows: Rows, count: int, task: Task, extractor: Extractor) -> list[Pixels]:
    """Return up to `count` of the pictures, evenly spread, as the network sees them."""
    places = np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)
    paths = [task.paths[row] for row in rows[places].tolist()]
    frame = FRAMINGS[extractor.framing]
    return [frame(decode(path.read_bytes(), path), extractor.side) for path in paths]


def facts(order: Order, material: Material, plan: Plan) -> dict[str, Any]:
    """Say how the model was trained, for its card."""
    return {
        "order": asdict(order) | {"data_set": Path(order.data_set).name},
        "head": asdict(order.head_alone),
        "strategy": plan.why,
        "train": len(material.train),
        "validation": len(material.validation),
        "test": len(material.test),
        "parameters": plan.network.parameters if isinstance(plan.network, Network) else None,
    }
