"""`filmdex censor`: a film's spans for players, editors and archives, or a copy without them."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import open_store, settings_from, with_settings
from .common_policy import load_policy, now_us, with_policy
from .main import EXIT_FAILED, EXIT_UNDECIDED, EXIT_VIOLATED
from .output import console, counted, plain_table, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...db.records import Film
    from ...db.store import Store
    from ..censoring import Writer
    from ..judging import Judge
    from ..moderation.policy import Policy
    from ..moderation.verdict import Outcome
    from ..outputs.cutlist import CutList
    from ..settings import Loaded

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
    start_timecode: str | None,
    force: bool,
    jobs: int,
    config: Path | None,
    database: Path | None,
) -> None:
    """Write what a policy found in each FILM, in formats for players, editors and archives.

    A file goes beside its film; where that folder cannot be written to, into a folder of yours,
    and it is said where. What was written before and has not changed is left alone.

    Exit codes: 4 if a film is blocked, else 5 if one is undecided (what was written is then not all
    that there may be), else 0.
    """
    if tell_formats:
        _print_formats()
        return
    if bool(films) == everything or not forms:
        raise click.UsageError("name films, or --all, and a --format (--formats lists them)")
    if output is not None and (everything or len(films) > 1 or len(forms) > 1):
        raise click.UsageError("--output takes one film and one format")
    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        policy = load_policy(store, loaded.settings, policy_name)
        job = _Job.of(store, loaded, policy, forms, output, start_timecode, force=force)
        done = []
        for one in _each(job, _chosen(store, films), jobs):
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

        writer = Writer(store, Keeper.of(store, loaded.settings), now_us, force)
        return cls(store, Judge(policy), writer, forms, output, start_timecode)

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
                cuts = cut_list(examined, now_us(), self.start_timecode)
                told.append(f"  {form}: {self._write(cuts, form)}")
            except (FilmdexError, OSError) as error:
                told.append(f"  {form}: {error}")
                failed = True
        return _Done(outcome, tuple(told), failed)

    def _write(self, cuts: "CutList", form: str) -> str:
        from ...db.records import show_path
        from ..outputs.formats import FORMATS

        if self.output is not None and str(self.output) == "-":
            sys.stdout.buffer.write(FORMATS[form].write(cuts))
            return "on stdout"
        written = self.writer.write(cuts, form, lambda: (), self.output)
        where = show_path(written.path)
        if not written.fresh:
            return f"{where} is up to date"
        return f"{where} (the film's folder cannot be written to)" if written.elsewhere else where


def _each(job: _Job, films: "Sequence[Film]", jobs: int) -> "Iterator[_Done]":
    with ThreadPoolExecutor(max(1, min(jobs, len(films)))) as pool:
        yield from pool.map(job.do, films)


def _chosen(store: "Store", names: "Sequence[str]") -> "tuple[Film, ...]":
    from ...db.errors import StoreError
    from ..judging import all_films
    from ..naming import NotIndexed, film_meant

    with store.reading() as db:
        meant = [film_meant(db, name) for name in names] if names else list(all_films(db))
    for one in meant:
        if isinstance(one, NotIndexed):
            raise StoreError(f"{one.subject.title}: {one.reason}")
    return tuple(one for one in meant if not isinstance(one, NotIndexed))


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
