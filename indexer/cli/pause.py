"""`filmdex pause`: have the daemons leave the machine alone."""

from pathlib import Path

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings


@click.command("pause")
@with_settings
def command(config: Path | None, database: str | None) -> None:
    """Have every daemon of this library stop within seconds, keeping what is finished.

    They go on looking for new films, and index none until `filmdex resume`, also after a restart.
    """
    from ...db import daemons

    with open_store(settings_from(config, database), make=True) as store, store.writing() as db:
        daemons.set_paused(db, wall_clock_us())
