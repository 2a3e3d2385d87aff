"""`filmdex db near`: the index of similar shots; and what is said where it cannot be asked."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import open_store, settings_from, with_settings
from .output import counted, plain
from .progress import bars

if TYPE_CHECKING:
    from ..near.asking import Index

INSTALL = "pip install 'filmdex[similar]'"
# Shots that are compared one by one within a second or so; beyond, an index is worth a hint.
MANY = 50_000


@click.command("near")
@with_settings
def command(config: Path | None, database: str | None) -> None:
    """Bring the index of similar shots up to date, beside the library: DATABASE.near.

    Takes in what was indexed since, and makes anew what is damaged. `similar` and `duplicates` ask
    it, and compare one by one what is not in it yet.
    """
    try:
        from ..near import files
        from ..near.updating import update
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed; {INSTALL}") from error
    from ...db import embeddings

    loaded = settings_from(config, database)
    path = loaded.settings.database.beside
    with open_store(loaded) as store, bars() as shown:
        bar = shown.add_task("films", total=None)
        with store.reading() as db:
            backbones = embeddings.backbones(db)
        for backbone in backbones:
            folder = files.folder_of(path, backbone)
            done = update(
                store,
                folder,
                backbone,
                loaded.settings.model.threads,
                lambda number, of: shown.update(bar, completed=number, total=of),
            )
            if done.fault is not None:
                click.echo(f"made anew: {plain(done.fault)}", err=True)
            click.echo(
                f"{plain(folder)}: {counted(done.added, 'film')} taken in, {done.renumbered} "
                f"renumbered; {counted(done.films, 'film')}, {counted(done.points, 'sample')}",
                err=True,
            )


def index_for(database: Path, backbone: str, shots: int) -> "Index | None":
    """Open the index of similar shots; None, and why on stderr, if there is none to be used."""
    from ...db.errors import IndexFault
    from ..near.looking import index_at

    try:
        found = index_at(database, backbone)
    except ModuleNotFoundError as error:
        said = f"there is an index, but {error.name} is not installed ({INSTALL})"
        click.echo(f"{said}; every shot is compared", err=True)
        return None
    except IndexFault as fault:
        click.echo(
            f"{plain(fault)}; every shot is compared, until `filmdex db near` makes it anew",
            err=True,
        )
        return None
    if found is None and shots >= MANY:
        said = "every shot is compared; `filmdex db near` makes an index, which is faster"
        click.echo(f"{counted(shots, 'shot')} and no index: {said}", err=True)
    return found


def say_outside(outside: int, index: "Index | None") -> None:
    """Say on stderr that films are not in an index that there is."""
    if index is not None and outside:
        said = "compared shot by shot; `filmdex db near` takes them in"
        click.echo(f"{counted(outside, 'film')} not in the index: {said}", err=True)
