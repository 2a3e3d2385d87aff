"""`filmdex censor`: a film's spans for players, editors and archives, or a copy without them."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .common_policy import chosen_films, load_policy, with_policy
from .main import EXIT_FAILED, EXIT_UNDECIDED, EXIT_VIOLATED
from .output import clock, console, counted, plain_table, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...db.records import Film
    from ...db.store import Store
    from ..censoring import Writer
    from ..judging import Examined, Judge
    from ..moderation.policy import Policy
    from ..moderation.verdict import Outcome
    from ..outputs.cutlist import CutList, Still
    from ..settings import Loaded
    from ..worker import Limits

MOST_PICTURES = 60
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
    help="Copy the picture without encoding it where that can be; compare every frame.",
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
    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        policy = load_policy(store, loaded.settings, policy_name)
        if copy_to is not None:
            _copy(store, loaded, policy, films[0], copy_to, cover, smart=smart)
            if not forms:
                return
        job = _Job.of(store, loaded, policy, forms, output, start_timecode, force=force)
        done = []
        for one in _each(job, chosen_films(store, films), jobs):
            for told in one.told:
                click.echo(shown(told), err=True)
            done.append(one)
    failed = sum(one.failed for one in done)
    click.echo(f"{counted(len(done), 'film')}, {failed} failed", err=True)
    sys.exit(EXIT_FAILED if failed else _code([one.outcome for one in done]))


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one film: what to tell, and whether something of it could not be written."""

    outcome: "Outcome"
    told: tuple[str, ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class _Job:
    store: "Store"
    judge: "Judge"
    writer: "Writer"
    forms: tuple[str, ...]
    output: Path | None
    start_timecode: str | None
    limits: "Limits"

    @classmethod
    def of(
        cls,
        store: "Store",
        loaded: "Loaded",
        policy: "Policy",
        forms: tuple[str, ...],
        output: Path | None,
        start_timecode: str | None,
        *,
        force: bool,
    ) -> "_Job":
        from ..censoring import Writer
        from ..judging import Judge, Keeper
        from ..planning import limits

        writer = Writer(store, Keeper.of(store, loaded.settings), wall_clock_us, force)
        most = limits(loaded.settings.limits)
        return cls(store, Judge(policy), writer, forms, output, start_timecode, most)

    def do(self, film: "Film") -> _Done:
        """Judge one film and write what was asked for."""
        from ...db.errors import FilmdexError
        from ..censoring import cut_list

        with self.store.reading() as db:
            examined = self.judge.examine(db, film)
        outcome = examined.verdict.outcome
        told = [f"{film.title}: {outcome.value}"]
        failed = False
        for form in self.forms:
            try:
                cuts = cut_list(examined, wall_clock_us(), self.start_timecode)
                told.append(f"  {form}: {self._write(cuts, form, examined)}")
            except (FilmdexError, OSError) as error:
                told.append(f"  {form}: {error}")
                failed = True
        return _Done(outcome, tuple(told), failed)

    def _write(self, cuts: "CutList", form: str, examined: "Examined") -> str:
        from ...db.records import show_path
        from ..outputs.formats import FORMATS

        if self.output is not None and str(self.output) == "-":
            if form == "html":
                cuts = replace(cuts, stills=self._stills(cuts, examined))
            sys.stdout.buffer.write(FORMATS[form].write(cuts))
            return "on stdout"
        written = self.writer.write(cuts, form, lambda: self._stills(cuts, examined), self.output)
        where = show_path(written.path)
        if not written.fresh:
            return f"{where} is up to date"
        return f"{where} (the film's folder cannot be written to)" if written.elsewhere else where

    def _stills(self, cuts: "CutList", examined: "Examined") -> "tuple[Still, ...]":
        """Take pictures of what was found; where the film cannot be read, the page has none."""
        from ...db.errors import FilmdexError
        from ..explaining import sample_times
        from ..render.stills import stills

        times = sample_times(examined, None, MOST_PICTURES)
        offset_us = cuts.facts.container_offset_us
        try:
            return stills(cuts.path, cuts.verdict.film.fingerprint, offset_us, times, self.limits)
        except (FilmdexError, OSError) as error:
            click.echo(f"no pictures: {shown(str(error))}", err=True)
            return ()


def _copy(
    store: "Store",
    loaded: "Loaded",
    policy: "Policy",
    name: str,
    to: Path,
    cover: str,
    *,
    smart: bool,
) -> None:
    """Make a censored copy, with a bar; interrupted, nothing of it stays."""
    from rich.progress import Progress

    from ..censoring import cut_list, note_copy
    from ..judging import Judge, Keeper
    from ..planning import limits
    from ..render.copying import make_copy
    from ..render.plan import Cover
    from .progress import stderr_console

    (film,) = chosen_films(store, (name,))
    with store.reading() as db:
        examined = Judge(policy).examine(db, film)
    cuts = cut_list(examined, wall_clock_us())
    path = os.fsencode(to.absolute())
    with Progress(console=stderr_console(), transient=True) as bars:
        task = bars.add_task(shown(film.title), total=cuts.facts.duration_us)
        copied = make_copy(
            cuts,
            Cover(cover),
            path,
            limits(loaded.settings.limits),
            lambda at_us: bars.update(task, completed=at_us),
            smart=smart,
        )
    note_copy(Keeper.of(store, loaded.settings), cuts, path, wall_clock_us())
    told = f"{copied.frames} frames, {clock(copied.removed_us)} removed"
    if smart:
        told += ", copied and compared" if copied.uncoded else ", encoded: could not be copied"
    if copied.dropped_captions:
        told += f", {counted(copied.dropped_captions, 'stream')} of captions cannot be in it"
    click.echo(f"{shown(str(to))}: {told}", err=True)


def _each(job: _Job, films: "Sequence[Film]", jobs: int) -> "Iterator[_Done]":
    with ThreadPoolExecutor(max(1, min(jobs, len(films)))) as pool:
        yield from pool.map(job.do, films)


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
