"""`filmdex train`: pictures in, a model bundle out. Nothing heavy is imported before it runs."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from ..indexer.card import GraphPrecision

SEED = 20170829


precision_option = click.option(
    "--precision",
    "precisions",
    type=click.Choice(["float32", "float16", "int8"]),
    multiple=True,
    default=["float32"],
    show_default=True,
    help="Of a network's graph; may be given more than once, the first is the default.",
)
single_option = click.option(
    "--single", is_flag=True, help="Write backbone and head as one graph besides."
)


@click.command("train")
@click.argument("data_set", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The training's folder."
)
@click.option(
    "--preset",
    type=click.Choice(["multilabel", "paper", "binary"]),
    default="multilabel",
    show_default=True,
    help="The head: a sigmoid for each tag; the study's ReLU and softmax; one tag alone.",
)
@click.option("--tag", help="The tag of a binary head.")
@click.option(
    "--backbone",
    default="bundle:default",
    show_default=True,
    help="bundle:NAME takes that bundle's, frozen; else a network, as inception_2015.",
)
@click.option(
    "--weights",
    default="imagenet",
    show_default=True,
    help="Of a network: imagenet (downloaded by Keras), random, or a file.",
)
@click.option(
    "--strategy",
    type=click.Choice(["auto", "fixed", "probe", "fine-tune"]),
    default="auto",
    show_default=True,
    help="What is trained: chosen by the data; a head; a head at an earlier stage; blocks too.",
)
@click.option("--stage", help="The stage of a probe, by its block's name.")
@click.option(
    "--unfreeze",
    default="last-block",
    show_default=True,
    help="What fine-tuning trains: last-block, a number of blocks, or all.",
)
@click.option("--augment", is_flag=True, help="Turn, zoom and mirror pictures while fine-tuning.")
@click.option("--epochs", type=click.IntRange(1), help="In place of the preset's.")
@click.option("--vocabulary", type=click.Path(exists=True, dir_okay=False), help="Your own tags.")
@precision_option
@single_option
@click.option(
    "--f-beta",
    type=click.FloatRange(0, None, True),
    default=2,
    show_default=True,
    help="Thresholds with the best F-beta: how many times as much a miss weighs as a false alarm.",
)
@click.option(
    "--miss-rate",
    type=click.FloatRange(0, 1, True, True),
    help="Thresholds under which at most this share of true shots is missed, in place of --f-beta.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, True, True),
    default=0.95,
    show_default=True,
    help="With which the promise of --miss-rate is kept.",
)
@click.option(
    "--seed", type=int, default=SEED, show_default=True, help="Of the splits and the training."
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, no report of the data set.")
def command(
    data_set: Path,
    output: Path,
    preset: str,
    tag: str | None,
    backbone: str,
    weights: str,
    strategy: str,
    stage: str | None,
    unfreeze: str,
    augment: bool,
    epochs: int | None,
    vocabulary: str | None,
    precisions: tuple[str, ...],
    single: bool,
    f_beta: float,
    miss_rate: float | None,
    confidence: float,
    seed: int,
    quiet: bool,
) -> None:
    """Train a model on DATA_SET: a folder by tag, or a .csv or .jsonl of path,tags[,source].

    Pictures are split by source, so that no model is judged by what it was shown. An interrupted
    training goes on if the same is asked for again. The folder can be used as a model:
    `filmdex index --model OUTPUT`.
    """
    from . import unfreeze as unfreezing
    from .heads import Preset
    from .order import Order
    from .promises import Promise
    from .run_folder import RunFolder
    from .thresholds import BestF
    from .train import train
    from .watching import audience, features_folder

    order = Order(
        name=_name(output),
        data_set=str(data_set.absolute()),
        vocabulary=None if vocabulary is None else str(Path(vocabulary).absolute()),
        preset=Preset(preset),
        tag=tag,
        backbone=backbone,
        weights=weights,
        strategy=strategy,
        stage=stage,
        unfreeze=unfreezing.parse(unfreeze),
        augment=augment,
        epochs=epochs,
        seed=seed,
        precisions=cast("tuple[GraphPrecision, ...]", precisions),
        single=single,
        rule=BestF(f_beta) if miss_rate is None else Promise(miss_rate, confidence),
    )
    run = RunFolder.begin(output, order)
    with audience(run, quiet=quiet) as told:
        card = train(order, run, features_folder(), told)
    learnt = sum(entry.ability.status != "untrained" for entry in card.tags)
    click.echo(
        f"{output}: {learnt} of {len(card.tags)} tags can be reported; see `filmdex model info "
        f"{output}`, and `filmdex evaluate {output}`",
        err=True,
    )


def _name(output: Path) -> str:
    """Name the model by its folder, in the letters that a card allows."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", output.absolute().name.lower()).lstrip("._-")
    return plain or "model"
