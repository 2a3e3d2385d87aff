"""Writing the formats of `filmdex censor`: a job that does film after film, from any thread."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wall import wall_clock_us
from .output import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...db.records import Film
    from ...db.store import Store
    from ..censoring import Writer
    from ..judging import Examined, Judge
    from ..moderation.verdict import Outcome
    from ..outputs.cutlist import CutList, Still
    from ..settings import Loaded
    from ..worker import Limits

MOST_PICTURES = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of each film: these formats, and how they are written."""

    forms: tuple[str, ...]
    output: Path | None
    start_timecode: str | None
    force: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one film: what to tell, and whether something of it could not be written."""

    outcome: "Outcome"
    told: tuple[str, ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class Job:
    """Judges films, and writes what is wanted of them."""

    store: "Store"
    judge: "Judge"
    writer: "Writer"
    wish: Wish
    limits: "Limits"

    @classmethod
    def of(cls, store: "Store", loaded: "Loaded", judge: "Judge", wish: Wish) -> "Job":
        """Get ready to write where the settings say."""
        from ..censoring import Writer
        from ..judging import Keeper
        from ..planning import limits

        keeper = Keeper.of(store, loaded.settings)
        writer = Writer(store, keeper, wall_clock_us, wish.force)
        return cls(store, judge, writer, wish, limits(loaded.settings.limits))

    def each(self, films: "Sequence[Film]", jobs: int) -> "Iterator[Done]":
        """Do all films, `jobs` at a time; yield what became of them, in order."""
        with ThreadPoolExecutor(max(1, min(jobs, len(films)))) as pool:
            yield from pool.map(self._do, films)

    def _do(self, film: "Film") -> Done:
        from ...db.errors import FilmdexError
        from ..censoring import cut_list

        with self.store.reading() as db:
            examined = self.judge.examine(db, film)
        outcome = examined.verdict.outcome
        told = [f"{film.title}: {outcome.value}"]
        failed = False
        for form in self.wish.forms:
            try:
                cuts = cut_list(examined, wall_clock_us(), self.wish.start_timecode)
                told.append(f"  {form}: {self._write(cuts, form, examined)}")
            except (FilmdexError, OSError) as error:
                told.append(f"  {form}: {error}")
                failed = True
        return Done(outcome, tuple(told), failed)

    def _write(self, cuts: "CutList", form: str, examined: "Examined") -> str:
        from ...db.records import show_path
        from ..outputs.formats import FORMATS

        to = self.wish.output
        if to is not None and str(to) == "-":
            if form == "html":
                cuts = replace(cuts, stills=self._stills(cuts, examined))
            sys.stdout.buffer.write(FORMATS[form].write(cuts))
            return "on stdout"
        written = self.writer.write(cuts, form, lambda: self._stills(cuts, examined), to)
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
