"""`filmdex model`: the bundle that is used, and what it can and cannot do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import settings_from, with_settings
from .output import Format, console, plain_table, print_json, print_rows, with_format

if TYPE_CHECKING:
    from ..bundle import Bundle
    from ..card import TagCard

COLUMNS = ("tag", "group", "status", "threshold", "average_precision", "precision", "recall")


@click.group("model")
def command() -> None:
    """Look into the model that is used."""


@command.command("info")
@click.argument("folder", required=False)
@with_format
@with_settings
def info(folder: str | None, form: Format, config: Path | None, database: Path | None) -> None:
    """Show the card of the model in use, or of the bundle in FOLDER: each tag, good and bad."""
    from .. import bundle

    name = folder or settings_from(config, database).settings.model.bundle
    chosen = bundle.load(bundle.locate(name))
    match form:
        case Format.JSON:
            print_json(chosen.card.model_dump(mode="json") | {"digest": chosen.digest})
        case Format.TABLE:
            _print_card(chosen)
        case _:
            print_rows(form, map(_row, chosen.card.tags), COLUMNS)


@command.command("verify")
@click.argument("folder", required=False)
@with_settings
def verify(folder: str | None, config: Path | None, database: Path | None) -> None:
    """Check the model in use, or the bundle in FOLDER, file by file against its card.

    Then open it, and ask it the golden question.
    """
    from .. import bundle
    from ..network import Network

    settings = settings_from(config, database).settings
    chosen = bundle.load(bundle.locate(folder or settings.model.bundle))
    network = Network.open(chosen, settings.model.provider, settings.model.threads)
    click.echo(
        f"{chosen.card.name} {chosen.card.version} ({chosen.digest[:12]}): "
        f"{len(chosen.card.files)} files as the card says, "
        f"golden input answered within {chosen.card.golden.tolerance} on {network.provider}"
    )


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
    out.print(f"[bold]{card.name} {card.version}[/]  {chosen.digest[:12]}  {chosen.path}")
    out.print(card.description)
    out.print(
        f"input {card.input.width} x {card.input.height} {card.input.colour}, "
        f"{card.input.framing}; embedding {card.embedding_width}"
    )
    for graph in (card.backbone, card.head, *card.experts):
        out.print(f"{graph.file}: {graph.precision}, {graph.licence}. {graph.source}")
    out.print()
    table = plain_table("Tag", "Status", ">Threshold", ">AP", ">Precision", ">Recall", ">Pictures")
    for row in sorted(map(_row, card.tags), key=lambda row: -(row["average_precision"] or 0)):
        numbers = (row[name] for name in ("threshold", *COLUMNS[4:]))
        table.add_row(
            row["tag"],
            row["status"],
            *("" if number is None else f"{number:.2f}" for number in numbers),
            str(row["positives"] or ""),
            style="dim" if row["status"] == "untrained" else None,
        )
    out.print(table)
    out.print("AP, precision and recall: on pictures not trained on, split by source.")
