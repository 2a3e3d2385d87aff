"""What every command shares: where settings come from, the open database, the film meant."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...db.address import is_url

if TYPE_CHECKING:
    from ...db.records import Film
    from ...db.store import Connection, Store
    from ..settings import Loaded

F = TypeVar("F", bound=Callable[..., Any])


class _Library(click.Path):
    """A file's path, or a URL, which is none."""

    name = "file or URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value if is_url(value) else str(super().convert(value, param, ctx))


def with_settings(function: F) -> F:
    """Add `--config` and `--database`."""
    for option in (
        click.option(
            "--database",
            type=_Library(dir_okay=False),
            help="The library's file, or a PostgreSQL database: postgresql://USER@HOST/NAME.",
        ),
        click.option(
            "--config",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Read this configuration instead of your own.",
        ),
    ):
        function = option(function)
    return function


def settings_from(config: Path | None, database: str | Path | None, **flags: object) -> "Loaded":
    """Load the settings; a flag is named `section_key` and None where it was not given."""
    from ..settings import load

    named = {name.replace("_", ".", 1): value for name, value in flags.items()}
    return load(config, {"database.path": None if database is None else str(database), **named})


def open_store(loaded: "Loaded", *, make: bool = False) -> "Store":
    """Open the database that the settings name; only what writes may `make` it."""
    from ...db.store import Store

    settings = loaded.settings
    return Store.open(settings.database.path, make=make, roots=settings.roots.roots())


def film_named(db: "Connection", name: str) -> "Film":
    """Find the film that a person names: a path, id:N, or a title. Raises StoreError."""
    from ...db import films

    return films.find(db, name, os.fsencode(os.path.realpath(name)))
