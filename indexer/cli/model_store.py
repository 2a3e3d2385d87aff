"""`filmdex model list | use | pull`: which models there are, and which one is used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from .common import settings_from, with_settings
from .output import Format, console, plain, plain_table, print_rows, shown, with_format
from .progress import bars

if TYPE_CHECKING:
    from ..bundle import Bundle
    from ..bundle_store import Listed

COLUMNS = ("name", "version", "digest", "origin", "in_use", "reportable", "precisions", "path")
SECTION, KEY = "model", "bundle"
SETTING = f"{SECTION}.{KEY}"


@click.command("list")
@with_format
@with_settings
def list_models(form: Format, config: Path | None, database: str | None) -> None:
    """List the models that ship or are installed, and which one is used."""
    from ..bundle_store import Listed, listed

    found = listed(settings_from(config, database).settings.model.bundle)
    rows = [_row(one) for one in found if isinstance(one, Listed)]
    if form is Format.TABLE:
        table = plain_table("", "Model", "Digest", "From", ">Tags", "Backbone", "Folder")
        for row in rows:
            name, digest = f"{row['name']}:{row['version']}", row["digest"][:12]
            mark = plain("*" if row["in_use"] else "", "green")
            precisions = ", ".join(row["precisions"])
            table.row(mark, name, digest, row["origin"], row["reportable"], precisions, row["path"])
        console().print(table)
    else:
        print_rows(form, rows, COLUMNS)
    for one in found:
        if not isinstance(one, Listed):
            click.echo(f"filmdex: {plain(one.reason)}", err=True)


@click.command("use")
@click.argument("model")
@with_settings
def use(model: str, config: Path | None, database: str | None) -> None:
    """Verify MODEL and make it the one that is used, in your configuration file.

    MODEL is a name, a name:version, or the folder of a bundle or a training run. Everything else
    in the file stays as it is, comments too.
    """
    from .. import bundle
    from ..network import open_network

    settings = settings_from(config, database).settings
    chosen = bundle.load(bundle.locate(model))
    open_network(chosen, settings.model)
    _make_default(chosen, config)


@click.command("pull")
@click.argument("source")
@click.option("--sha256", help="The digest that the model must have (`filmdex model info` tells).")
@click.option("--trust-first", is_flag=True, help="Take what comes, and say what its digest is.")
@click.option("--use", "use_it", is_flag=True, help="Use the model from now on.")
@with_settings
def pull(
    source: str,
    sha256: str | None,
    trust_first: bool,
    use_it: bool,
    config: Path | None,
    database: str | None,
) -> None:
    """Bring a model from SOURCE here, and verify it before it is installed.

    \b
    https://example.org/colours.tar.gz     an archive, .zip too
    https://example.org/colours/           a folder with model.json and what that names
    owner/name[@revision]                  a repository on huggingface.co

    The model is named by the SHA-256 of its card, which holds that of every other file.
    """  # noqa: D301  \b keeps click from refilling the examples
    from .. import pull as pulling
    from ..network import open_network

    if (sha256 is None) != trust_first:
        raise click.UsageError("name the model by --sha256, or take what comes with --trust-first")
    settings = settings_from(config, database).settings
    wanted = pulling.source(source)
    digest = sha256.lower() if sha256 else None
    with _arriving() as tell, pulling.received(wanted, digest, pulling.Limits(), tell) as arrived:
        open_network(arrived, settings.model)
        chosen = pulling.install(arrived)
    card = chosen.card
    click.echo(f"{card.name}:{card.version} ({chosen.digest}) is installed", err=True)
    if use_it:
        _make_default(chosen, config)
    else:
        click.echo(
            f"`filmdex model use {card.name}:{card.version}` makes it the one in use", err=True
        )


@contextmanager
def _arriving() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each file on a terminal, else a line when its first bytes are here."""
    name = TextColumn("{task.description}", markup=False)
    with bars(name, BarColumn(), DownloadColumn(), TransferSpeedColumn()) as shown_bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, arrived: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown_bars.add_task(shown(what), total=None if of < 0 else of)
                if shown_bars.disable:
                    click.echo(f"fetching {shown(what)}", err=True)
            shown_bars.update(tasks[what], completed=arrived)

        yield tell


def _make_default(chosen: "Bundle", config: Path | None) -> None:
    """Write the configuration, and warn if something goes before it."""
    from ..bundle_store import name_of
    from ..config_file import write_setting
    from ..settings import config_path

    name, path = name_of(chosen), config_path(config)
    write_setting(path, SECTION, KEY, name)
    click.echo(f"{plain(path)}: {SETTING} is now {plain(name)}", err=True)
    origin = settings_from(config, None).origins.get(SETTING)
    if origin != str(path):
        click.echo(f"filmdex: {origin} goes before it and names another model", err=True)


def _row(one: "Listed") -> dict[str, Any]:
    card = one.bundle.card
    return {
        "name": card.name,
        "version": card.version,
        "digest": one.bundle.digest,
        "origin": str(one.origin),
        "in_use": one.in_use,
        "reportable": sum(tag.reportable for tag in one.bundle.facts.tags),
        "precisions": list(card.precisions),
        "path": str(one.bundle.path),
    }
