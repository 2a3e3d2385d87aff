"""`filmdex resume`: have the daemons go on."""

from pathlib import Path

import click

from .common import open_store, settings_from, with_settings


@click.command("resume")
@with_settings
def command(config: Path | None, database: str | None) -> None:
    """Undo `filmdex pause`."""
    from ...db import daemons

    with open_store(settings_from(config, database)) as store, store.writing() as db:
        daemons.set_resumed(db)
