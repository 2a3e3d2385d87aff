"""`filmdex model`: the bundle that is used, what it can and cannot do, and others."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import model_store
from .common import settings_from, with_settings
from .output import (
    Format,
    console,
    counted,
    plain,
    plain_table,
    print_json,
    print_rows,
    with_format,
)

if TYPE_CHECKING:
    from ..bundle import Bundle
    from ..card import TagCard

COLUMNS = ("tag", "group", "status", "threshold", "average_precision", "precision", "recall")


@click.group("model")
def command() -> None:
    """Look into the model that is used, choose another, or bring one here."""


for _command in (model_store.list_models, model_store.use, model_store.pull):
    command.add_command(_command)


@command.command("info")
@click.argument("model", required=False)
@with_format
@with_settings
def info(model: str | None, form: Format, config: Path | None, database: str | None) -> None:
    """Show the card of the model in use, or of MODEL: each tag, good and bad.

    MODEL is a name, a name:version, or the folder of a bundle or a training run.
    """
    from .. import bundle

    name = model or settings_from(config, database).settings.model.bundle
    chosen = bundle.load(bundle.locate(name))
    match form:
        case Format.JSON:
            print_json(chosen.card.model_dump(mode="json") | {"digest": chosen.digest})
        case Format.TABLE:
            _print_card(chosen)
        case _:
            print_rows(form, map(_row, chosen.card.tags), COLUMNS)


@command.command("verify")
@click.argument("model", required=False)
@with_format
@with_settings
def verify(model: str | None, form: Format, config: Path | None, database: str | None) -> None:
    """Check the model in use, or MODEL, file by file against its card.

    Then open it, and ask it the golden question. MODEL is a name, a name:version, or the folder of
    a bundle or a training run.
    """
    from .. import bundle
    from ..network import open_network

    settings = settings_from(config, database).settings
    chosen = bundle.load(bundle.locate(model or settings.model.bundle))
    network = open_network(chosen, settings.model)
    verified: dict[str, Any] = {
        "name": chosen.card.name,
        "version": chosen.card.version,
        "digest": chosen.digest,
        "path": str(chosen.path),
        "files": sorted(chosen.card.files),
        "golden_tolerance": network.golden_tolerance,
        "provider": str(network.provider),
        "precision": network.precision,
    }
    match form:
        case Format.JSON:
            print_json(verified)
        case Format.TABLE:
            files = counted(len(chosen.card.files), "file")
            line = (
                f"{chosen.card.name} {chosen.card.version} ({chosen.digest[:12]}): "
                f"{files} as the card says, golden input answered "
                f"within {network.golden_tolerance} on {network.provider} in {network.precision}"
            )
            console().print(plain(line), soft_wrap=True)
        case _:
            print_rows(form, [verified], verified)


def _row(entry: "TagCard") -> dict[str, Any]:
    facts = entry.ability.model_dump(mode="json")
    quality = facts.get("quality") or {}
    return {
        "tag": entry.tag,
        "group": entry.group,
        "status": facts["status"],
        "threshold": facts.get("threshold"),
        "reason": facts.get("reason"),
        **{name: quality.get(name) for name in COLUMNS[4:]},
        "positives": quality.get("positives"),
    }


def _print_card(chosen: "Bundle") -> None:
    card, out = chosen.card, console()
    name = plain(f"{card.name} {card.version}", "bold")
    out.print(name, plain(f" {chosen.digest[:12]}  {chosen.path}"))
    out.print(plain(card.description))
    out.print(
        plain(
            f"input {card.input.side} x {card.input.side} {card.input.colour}, "
            f"{card.input.framing}; embedding {card.embedding_width}"
        )
    )
    for graph in (card.backbone, card.head, *card.experts):
        out.print(plain(f"{graph.file}: {graph.precision}, {graph.licence}. {graph.source}"))
    for variant in card.variants:
        changed = 100 * variant.parity.changed_decisions
        out.print(
            plain(
                f"{variant.file}: {variant.precision}, {changed:.2f} % of decisions "
                f"other than the trained network's on {counted(variant.parity.frames, 'frame')}"
            )
        )
    out.print()
    table = plain_table("Tag", "Status", ">Threshold", ">AP", ">Precision", ">Recall", ">Pictures")
    for row in sorted(map(_row, card.tags), key=lambda row: -(row["average_precision"] or 0)):
        numbers = (row[name] for name in ("threshold", *COLUMNS[4:]))
        table.row(
            row["tag"],
            row["status"],
            *("" if number is None else f"{number:.2f}" for number in numbers),
            row["positives"] or "",
            style="dim" if row["status"] == "untrained" else "",
        )
    out.print(table)
    out.print("AP, precision and recall: on pictures not trained on, split by source.")
