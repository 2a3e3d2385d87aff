"""What every command shares: where settings come from, the open database, the film meant."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ...db.records import Film
    from ...db.store import Connection, Store
    from ..settings import Loaded

F = TypeVar("F", bound=Callable[..., Any])


def with_settings(function: F) -> F:
    """Add `--config` and `--database`."""
    for option in (
        click.option(
            "--database",
            type=click.Path(dir_okay=False, path_type=Path),
            help="The library's database file.",
        ),
        click.option(
            "--config",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Read this configuration instead of your own.",
        ),
    ):
        function = option(function)
    return function


def settings_from(config: Path | None, database: Path | None, **flags: object) -> "Loaded":
    """Load the settings; a flag is named `section_key` and None where it was not given."""
    from ..settings import load

    named = {name.replace("_", ".", 1): value for name, value in flags.items()}
    return load(config, {"database.path": database, **named})


def open_store(loaded: "Loaded", *, make: bool = False) -> "Store":
    """Open the database that the settings name; only what writes may `make` it."""
    from ...db.store import Store

    return Store.open(loaded.settings.database.path, make=make)


def film_named(db: "Connection", name: str) -> "Film":
    """Find the film that a person names: a path, id:N, or a title. Raises StoreError."""
    from ...db import films

    return films.find(db, name, os.fsencode(os.path.realpath(name)))
