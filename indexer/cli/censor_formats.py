"""Writing the formats of `filmdex censor`: a job that does film after film, from any thread."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..wall import wall_clock_us
from .main import told_by_system
from .output import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...db.records import Film
    from ...db.store import Store
    from ..censoring import Writer
    from ..judging import Examined, Judge
    from ..moderation.verdict import Outcome
    from ..outputs.cutlist import CutList, Still
    from ..settings import Loaded
    from ..sharpening import Sharpener
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

    sharpener: "Sharpener"
    writer: "Writer"
    wish: Wish
    limits: "Limits"

    @classmethod
    @contextmanager
    def of(cls, store: "Store", loaded: "Loaded", judge: "Judge", wish: Wish) -> "Iterator[Job]":
        """Get ready to write where the settings say."""
        from ..censoring import Writer
        from ..judging import Keeper
        from ..planning import limits
        from ..sharpening import Sharpener

        settings = loaded.settings
        writer = Writer(store, Keeper.of(store, settings), wall_clock_us, wish.force)
        with Sharpener(store, settings, judge, wall_clock_us) as sharpener:
            yield cls(sharpener, writer, wish, limits(settings.limits))

    def each(self, films: "Sequence[Film]", jobs: int) -> "Iterator[Done]":
        """Do all films, `jobs` at a time; yield what became of them, in order."""
        with ThreadPoolExecutor(max(1, min(jobs, len(films)))) as pool:
            yield from pool.map(self._do, films)

    def _do(self, film: "Film") -> Done:
        from ...db.errors import FilmdexError
        from ..censoring import cut_list

        examined, of_edges = self._examined(film)
        outcome = examined.verdict.outcome
        told = [f"{film.title}: {outcome.value}", *of_edges]
        failed = False
        for form in self.wish.forms:
            try:
                cuts = cut_list(examined, wall_clock_us(), self.wish.start_timecode)
                told.append(f"  {form}: {self._write(cuts, form, examined)}")
            except FilmdexError as error:
                told.append(f"  {form}: {error}")
                failed = True
            except OSError as error:
                told.append(f"  {form}: {told_by_system(error)}")
                failed = True
        return Done(outcome, tuple(told), failed)

    def _examined(self, film: "Film") -> "tuple[Examined, list[str]]":
        """Judge a film; where a span's edges lie in brackets, make them exact, or say why not."""
        from ...db.errors import FilmdexError

        examined = self.sharpener.examine(film.id)
        try:
            sharpened = self.sharpener.sharpen(examined)
        except (FilmdexError, OSError) as error:
            why = f"  edges lie in brackets, of which the outer ends are written: {error}"
            return self.sharpener.examine(film.id), [why]
        if not sharpened.stretches:
            return sharpened.examined, []
        return sharpened.examined, [f"  made exact at {counted(sharpened.stretches, 'place')}"]

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
