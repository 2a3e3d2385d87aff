"""`filmdex index`: films in, searchable tags out."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...db.records import Precision
from .common import open_store, settings_from, with_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...db.store import Store
    from ..bundle import Bundle
    from ..indexing import Tell, Wanted
    from ..library import Found
    from ..settings import Loaded, Settings
    from .progress import Reporter


@click.command("index")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--model", help="A model: its name, or the folder of a bundle or a training run.")
@click.option("--provider", help="What runs the networks: auto, cpu, cuda, tensorrt, ...")
@click.option("--cuts", help="How cuts are found: hybrid, transnet, adaptive or content.")
@click.option(
    "--precision",
    type=click.Choice(["exact", "keyframes"]),
    default="exact",
    show_default=True,
    help="exact decodes every frame; keyframes few of them: boundaries are then brackets.",
)
@click.option("-j", "--jobs", type=int, help="Films at a time.")
@click.option("-w", "--workers", type=int, help="Decoders at work on one film.")
@click.option("-f", "--force", is_flag=True, help="Index again what is indexed, or has failed.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, only what failed.")
@with_settings
def command(
    paths: tuple[str, ...],
    model: str | None,
    provider: str | None,
    cuts: str | None,
    precision: str,
    jobs: int | None,
    workers: int | None,
    force: bool,
    quiet: bool,
    config: Path | None,
    database: Path | None,
) -> None:
    """Index PATHS: films, and folders with all their subfolders.

    A film that is indexed and has not changed is skipped. One that cannot be indexed is named with
    the reason, all others go on, and the exit code is 1.
    """
    loaded = settings_from(
        config,
        database,
        model_bundle=model,
        model_provider=provider,
        index_cuts=cuts,
        index_jobs=jobs,
        index_workers=workers,
    )
    reporter = index_paths(paths, loaded, Precision(precision), force=force, quiet=quiet)
    if not reporter.met:
        click.echo("filmdex: no films there; name files, or folders with films", err=True)
    sys.exit(1 if reporter.refused or not reporter.met else 0)


def index_paths(
    paths: "Sequence[str]",
    loaded: "Loaded",
    precision: Precision,
    *,
    force: bool,
    quiet: bool,
) -> "Reporter":
    """Index what is at some paths, telling on stderr; return who was told."""
    from .. import bundle, indexing, library, planning
    from .progress import Reporter

    settings = loaded.settings
    chosen = bundle.load(bundle.locate(settings.model.bundle))
    wanted = planning.wanted(chosen, settings, precision)
    with open_store(loaded, make=True) as store, Reporter(quiet=quiet) as reporter:
        found = library.films_at(paths)
        due = indexing.due(found, wanted, store, reporter.tell, force=force)
        if due:
            reporter.expect(due)
            _index(due, chosen, wanted, settings, store, reporter.tell, force=force)
    reporter.summarise()
    return reporter


def _index(
    due: "list[Found]",
    chosen: "Bundle",
    wanted: "Wanted",
    settings: "Settings",
    store: "Store",
    tell: "Tell",
    *,
    force: bool,
) -> None:
    from .. import indexing, planning
    from ..batching import Crew
    from ..network import open_network
    from ..viewing import here

    crew = Crew.of(settings.model.threads)
    shared_out = settings.model.model_copy(update={"threads": crew.threads})
    network = open_network(chosen, shared_out)
    with crew.batcher(network) as batcher:
        desk = indexing.Desk(
            plan=planning.plan(network, settings, wanted.settings.precision, len(due)),
            wanted=wanted,
            view=here(batcher),
            store=store,
            tell=tell,
            force=force,
            stop=threading.Event(),
        )
        indexing.index_all(due, desk, planning.parallel_films(settings.index))
