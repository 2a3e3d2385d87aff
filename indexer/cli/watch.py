"""`filmdex watch`: the daemon."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..giving_way import give_way
from .common import open_store, settings_from, with_settings

if TYPE_CHECKING:
    from ..settings import Settings


@click.command("watch")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-j", "--jobs", type=int, help="Films at a time.")
@with_settings
def command(
    folders: tuple[Path, ...], jobs: int | None, config: Path | None, database: str | None
) -> None:
    """Keep FOLDERS indexed, or the roots of the configuration, until told to end.

    Films are first indexed by keyframes, and decoded whole when nothing else is to do. SIGTERM ends
    within ten seconds and keeps what is finished; SIGHUP reads the configuration again.
    """
    from ..watch import logs, run, shift

    def settings() -> "Settings":
        loaded = settings_from(config, database, index_jobs=jobs)
        return shift.with_roots(loaded.settings, folders)

    loaded = settings_from(config, database, index_jobs=jobs)
    first = settings()
    give_way(first.index.nice)
    logs.begin()
    with open_store(loaded, make=True) as store:
        ended = run.run(first, store, settings)
    # What hangs in a thread must not keep the process: systemd would kill it, and call it failed.
    if not ended:
        sys.stderr.flush()
        os._exit(0)
