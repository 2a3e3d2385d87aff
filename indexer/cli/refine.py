"""`filmdex refine`: exact boundaries where somebody needs them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...db.records import Precision, Span
from ..giving_way import give_way
from ..wall import wall_clock_us
from .common import film_named, open_store, settings_from, with_settings
from .output import clock, counted
from .times import Time

if TYPE_CHECKING:
    from ..refine import Refined


@click.command("refine")
@click.argument("film")
@click.option(
    "--span", nargs=2, type=Time(), help="Only between two times: seconds, M:SS or H:MM:SS."
)
@with_settings
def command(
    film: str, span: tuple[int, int] | None, config: Path | None, database: str | None
) -> None:
    """Make boundaries of FILM (a path, id:N, or a title) exact where it was indexed by keyframes.

    Decodes the shots that touch the span, or the whole film, and puts what it finds in their place.
    """
    if span is not None and span[0] >= span[1]:
        raise click.UsageError(f"--span ends before it begins: {clock(span[0])} {clock(span[1])}")
    refined = _refine(film, None if span is None else Span(*span), config, database)
    if refined is None:
        click.echo("exact already: every frame was decoded", err=True)
        return
    click.echo(
        f"{clock(refined.span.start_us)} to {clock(refined.span.end_us)}: "
        f"{counted(refined.shots, 'shot')}, {refined.shots_before} before",
        err=True,
    )


def _refine(
    name: str, span: Span | None, config: Path | None, database: str | None
) -> "Refined | None":
    from .. import bundle, planning
    from ..batching import Crew
    from ..network import open_network
    from ..refine import refine_film

    loaded = settings_from(config, database)
    settings = loaded.settings
    give_way(settings.index.nice)
    with open_store(loaded) as store:
        with store.reading() as db:
            film = film_named(db, name)
        network = open_network(bundle.load(bundle.locate(settings.model.bundle)), settings.model)
        plan = planning.plan(network, settings, Precision.EXACT)
        with Crew(1, settings.model.threads).batcher(network) as batcher:
            return refine_film(film, span, plan, batcher, store, wall_clock_us, lambda: None)
