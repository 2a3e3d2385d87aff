"""`filmdex censor`: a film's spans for players, editors and archives, or a copy without them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .censor_copy import copy
from .censor_formats import Job, Wish
from .common import open_store, settings_from, with_settings
from .common_policy import chosen_films, load_policy, with_policy
from .main import EXIT_FAILED, EXIT_UNDECIDED, EXIT_VIOLATED
from .output import console, counted, plain_table, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..moderation.verdict import Outcome

NAMES = (
    *("edl", "mcf", "vtt", "vtt-chapters", "matroska", "ffmetadata", "mpv", "otio", "cmx3600"),
    *("csv", "jsonl", "pbcore", "premis", "html"),
)


@click.command("censor")
@click.argument("films", nargs=-1, metavar="FILM...")
@click.option("--all", "everything", is_flag=True, help="The whole library; only what changed.")
@with_policy
@click.option(
    "--format",
    "forms",
    type=click.Choice(NAMES),
    multiple=True,
    help="Write this; may be repeated.",
)
@click.option("--formats", "tell_formats", is_flag=True, help="List the formats, and end.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file, or - for stdout; beside the film if not given.",
)
@click.option(
    "--render",
    "copy_to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Make a censored copy, an .mkv or .mp4 that is not there yet.",
)
@click.option(
    "--cover",
    type=click.Choice(("blur", "black")),
    default="blur",
    show_default=True,
    help="What a copy shows where the picture is to be blurred.",
)
@click.option(
    "--smart",
    is_flag=True,
    help="Encode the picture only where it must be, copy the rest; compare every frame.",
)
@click.option("--start-timecode", metavar="HH:MM:SS:FF", help="The source's first frame has this.")
@click.option("--force", is_flag=True, help="Overwrite a file that filmdex did not write.")
@click.option("--jobs", type=click.IntRange(1), default=4, show_default=True, help="At a time.")
@with_settings
def command(
    films: tuple[str, ...],
    everything: bool,
    policy_name: str,
    forms: tuple[str, ...],
    tell_formats: bool,
    output: Path | None,
    copy_to: Path | None,
    cover: str,
    smart: bool,
    start_timecode: str | None,
    force: bool,
    jobs: int,
    config: Path | None,
    database: str | None,
) -> None:
    """Write what a policy found in each FILM, in formats for players, editors and archives.

    With --render a copy of one film without them, encoded anew: what is to be skipped is cut at the
    frame, and the sound with it; a film that is blocked or undecided is not copied.

    A file goes beside its film; where that folder cannot be written to, into a folder of yours,
    and it is said where. What was written before and has not changed is left alone.

    Of a film that is indexed by its keyframes, the stretches around a span's edges are decoded
    first, so that the edges are exact; the film stays provisional.

    Exit codes: 4 if a film is blocked, else 5 if one is undecided (what was written is then not all
    that there may be), else 0.
    """
    if tell_formats:
        _print_formats()
        return
    if bool(films) == everything or not (forms or copy_to):
        raise click.UsageError("name films, or --all, and a --format (--formats lists them)")
    if copy_to is not None and len(films) != 1:
        raise click.UsageError("--render takes one film")
    if output is not None and (everything or len(films) > 1 or len(forms) > 1):
        raise click.UsageError("--output takes one film and one format")
    from ..judging import Judge

    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        judge = Judge(load_policy(store, loaded.settings, policy_name))
        chosen = chosen_films(store, films)
        if copy_to is not None:
            with store.reading() as db:
                examined = judge.examine(db, chosen[0])
            copy(store, loaded, examined, copy_to, cover, smart=smart)
            if not forms:
                return
        done = []
        wish = Wish(forms, output, start_timecode, force)
        with Job.of(store, loaded, judge, wish) as job:
            for one in job.each(chosen, jobs):
                for told in one.told:
                    click.echo(shown(told), err=True)
                done.append(one)
    failed = sum(one.failed for one in done)
    click.echo(f"{counted(len(done), 'film')}, {failed} failed", err=True)
    sys.exit(EXIT_FAILED if failed else _code([one.outcome for one in done]))


def _code(outcomes: "Sequence[Outcome]") -> int:
    from ..moderation.verdict import Outcome

    if Outcome.BLOCKED in outcomes:
        return EXIT_VIOLATED
    return 0 if all(outcome.decided for outcome in outcomes) else EXIT_UNDECIDED


def _print_formats() -> None:
    from ..outputs.formats import FORMATS

    table = plain_table("Format", "File", "For")
    for name, form in FORMATS.items():
        table.row(name, f"FILM{form.suffix}", form.says)
    console().print(table)
