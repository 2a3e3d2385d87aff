"""`filmdex index`: films in, searchable tags out."""

import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...db.errors import ClusterError
from ...db.records import Precision
from ..giving_way import give_way
from .common import open_store, settings_from, with_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from ..bundle import Bundle
    from ..engine import Engine
    from ..settings import Loaded, Settings
    from .progress import Reporter


# A server that is restarted, or whose standby takes over, is back within this time.
PATIENCE_S = 600.0


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
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="local works on this machine; ray on every host of a cluster.",
)
@click.option("--address", help="The cluster's head, HOST:PORT, or auto; else one begins here.")
@click.option("--gpus-per-actor", type=float, help="GPUs for each actor with networks; 0: none.")
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
    engine: str,
    address: str | None,
    gpus_per_actor: float | None,
    force: bool,
    quiet: bool,
    config: Path | None,
    database: str | None,
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
    hosts = Hosts(address, gpus_per_actor) if engine == "ray" else None
    if hosts is None and (address is not None or gpus_per_actor is not None):
        raise click.UsageError("--address and --gpus-per-actor are for --engine ray")
    give_way(loaded.settings.index.nice)
    reporter = index_paths(paths, loaded, Precision(precision), hosts, force=force, quiet=quiet)
    if not reporter.met:
        click.echo("filmdex: no films there; name files, or folders with films", err=True)
    sys.exit(1 if reporter.refused or not reporter.met else 0)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where else to work: the cluster's address, and what each actor takes of a host's GPUs."""

    address: str | None
    gpus_per_actor: float | None


def index_paths(
    paths: "Sequence[str]",
    loaded: "Loaded",
    precision: Precision,
    hosts: Hosts | None = None,
    *,
    force: bool,
    quiet: bool,
) -> "Reporter":
    """Index what is at some paths, on this machine or on other `hosts`, telling on stderr.

    Returns who was told.
    """
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
            with _engine(chosen, settings, precision, len(due), hosts, reporter) as engine:
                stop = threading.Event()
                desk = indexing.Desk(
                    engine.plan,
                    wanted,
                    engine.view,
                    store,
                    reporter.tell,
                    force,
                    stop,
                    patience_s=PATIENCE_S,
                )
                indexing.index_all(due, desk, engine.films_at_a_time)
    reporter.summarise()
    return reporter


def _engine(
    chosen: "Bundle",
    settings: "Settings",
    precision: Precision,
    films: int,
    hosts: Hosts | None,
    reporter: "Reporter",
) -> "AbstractContextManager[Engine]":
    if hosts is None:
        from ..engine import on_this_machine

        return on_this_machine(chosen, settings, precision, films)
    try:
        from ..cluster.engine import on_a_cluster
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ClusterError("--engine ray needs Ray; install filmdex[cluster]") from error
    return on_a_cluster(
        chosen, settings, precision, films, hosts.address, hosts.gpus_per_actor, reporter.note
    )
