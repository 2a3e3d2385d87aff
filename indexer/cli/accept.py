"""`filmdex accept`: films that vanished from a root really are gone."""

import os
from pathlib import Path

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .output import counted


@click.command("accept")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_settings
def command(folder: Path, config: Path | None, database: str | None) -> None:
    """Mark what is no longer below FOLDER as missing, so that a frozen root thaws.

    A daemon freezes a root that is empty, or that lost more than half of its films at once, because
    that is what a share looks like which is not mounted. If they were deleted, say so by this.
    """
    from ...db import places
    from ..library import gone

    root = os.fsencode(os.path.realpath(folder))
    with open_store(settings_from(config, database)) as store:
        with store.reading() as db:
            below = [one.location.path for one in places.below(db, root) if not one.missing_us]
        # Asked outside of any transaction: a file system that hangs must not hold up writers.
        lost = [path for path in below if gone(path)]
        with store.writing() as db:
            for path in lost:
                places.lose(db, path, wall_clock_us())
    click.echo(f"filmdex: {counted(len(lost), 'file')} marked missing", err=True)
