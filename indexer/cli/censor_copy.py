"""`filmdex censor --render`: a copy of one film without what a policy found, with a bar."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wall import wall_clock_us
from .output import clock, counted, shown
from .progress import bars

if TYPE_CHECKING:
    from ...db.store import Store
    from ..judging import Examined
    from ..render.copying import Copied
    from ..settings import Loaded


def copy(
    store: "Store", loaded: "Loaded", examined: "Examined", to: Path, cover: str, *, smart: bool
) -> None:
    """Make a censored copy, and say what came of it; interrupted, nothing of it stays."""
    from ..censoring import cut_list, note_copy
    from ..judging import Keeper
    from ..planning import limits
    from ..render.copying import make_copy
    from ..render.plan import Cover

    cuts = cut_list(examined, wall_clock_us())
    path = os.fsencode(to.absolute())
    keeper = Keeper.of(store, loaded.settings)
    keeper.require_key()
    with bars() as shown_bars:
        task = shown_bars.add_task(shown(examined.film.title), total=cuts.facts.duration_us)
        copied = make_copy(
            cuts,
            Cover(cover),
            path,
            limits(loaded.settings.limits),
            lambda at_us: shown_bars.update(task, completed=at_us),
            smart=smart,
        )
    note_copy(keeper, cuts, path, wall_clock_us())
    click.echo(f"{shown(str(to))}: {_told(copied, smart=smart)}", err=True)


def _told(copied: "Copied", *, smart: bool) -> str:
    told = f"{copied.frames} frames, {clock(copied.removed_us)} removed"
    if smart:
        told += f", {_how(copied)}"
    if copied.dropped_captions:
        told += f", {counted(copied.dropped_captions, 'stream')} of captions cannot be in it"
    return told


def _how(copied: "Copied") -> str:
    if copied.encoded == copied.frames:
        return "encoded: nothing of the picture could be copied"
    patches = f", {copied.encoded} encoded anew" if copied.encoded else ""
    return f"{copied.frames - copied.encoded} copied{patches}, all compared"
