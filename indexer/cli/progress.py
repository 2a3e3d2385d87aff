"""What indexing shows while it runs: bars on a terminal, a line a film elsewhere, on stderr."""

import sys
import time
from collections.abc import Sequence
from typing import Self, assert_never

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from ...db.records import US_PER_SECOND, show_path
from ..indexing import Advanced, Event, Finished, Refused, Skipped, Started
from ..library import Found
from .output import clock


def shown(path: str) -> str:
    """Write a path so that any terminal takes it: odd bytes and control characters escaped."""
    text = show_path(path.encode("utf-8", "surrogateescape"))
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Reporter:
    """Listens to indexing; use as a context manager around it. May be told from any thread."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[facts]}"),
            console=self._console,
            disable=quiet or not sys.stderr.isatty(),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._whole: TaskID | None = None
        self._began_s = time.monotonic()
        self._started_s: dict[str, float] = {}
        self._film_us = 0
        self.refused = self.skipped = self.finished = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def expect(self, due: Sequence[Found]) -> None:
        """Say which films will be worked on; bytes measure the whole."""
        total = sum(film.location.size for film in due)
        self._sizes = {film.path: film.location.size for film in due}
        self._whole = self._bars.add_task(f"[bold]{len(due)} films", total=max(total, 1), facts="")

    def tell(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Started(path):
                self._started_s[path] = time.monotonic()
                name = escape(shown(path).rpartition("/")[2])
                self._tasks[path] = self._bars.add_task(name, total=None, facts="")
            case Advanced(path, position):
                self._advance(path, position.position_us, position.duration_us, position.shots)
            case Finished(path, film_id, outcome, seconds):
                self.finished += 1
                self._film_us += outcome.facts.duration_us
                times = outcome.facts.duration_us / US_PER_SECOND / max(seconds, 1e-3)
                self._end(path)
                self._say(
                    f"[green]indexed[/] {escape(shown(path))}  id:{film_id}, "
                    f"{outcome.shots} shots, {clock(outcome.facts.duration_us)} "
                    f"in {seconds:.1f} s ({times:.1f} x real time)"
                )
                if outcome.unseen_us or outcome.facts.decode_errors:
                    self._console.print(
                        f"[yellow]damaged[/] {escape(shown(path))}: "
                        f"{outcome.facts.decode_errors} decoding errors, "
                        f"{outcome.unseen_us / US_PER_SECOND:.1f} s not looked at"
                    )
            case Refused(path, reason):
                self.refused += 1
                self._end(path)
                self._console.print(f"[red]failed[/] {escape(shown(path))}: {escape(reason)}")
            case Skipped(path, why):
                self.skipped += 1
                if why != "already indexed":
                    self._say(f"[dim]skipped[/] {escape(shown(path))}: {why}")
            case _:
                assert_never(event)

    @property
    def met(self) -> int:
        """How many files were met, whatever came of them."""
        return self.finished + self.skipped + self.refused

    def summarise(self) -> None:
        """Say in one line how the whole went."""
        seconds = time.monotonic() - self._began_s
        times = self._film_us / US_PER_SECOND / max(seconds, 1e-3)
        rate = f" in {seconds:.1f} s, {times:.1f} x real time" if self.finished else ""
        self._say(
            f"{self.finished} indexed, {self.skipped} up to date, {self.refused} failed{rate}"
        )

    def _advance(self, path: str, position_us: int, duration_us: int, shots: int) -> None:
        passed_s = time.monotonic() - self._started_s[path]
        times = position_us / US_PER_SECOND / max(passed_s, 1e-3)
        left = ""
        if 0 < position_us < duration_us:
            left = f", {clock(round((duration_us - position_us) / max(times, 1e-3)))} left"
        self._bars.update(
            self._tasks[path],
            total=duration_us or None,
            completed=position_us,
            facts=f"{shots} shots, {times:.1f} x real time{left}",
        )

    def _end(self, path: str) -> None:
        if path in self._tasks:
            self._bars.remove_task(self._tasks.pop(path))
        if self._whole is not None:
            self._bars.advance(self._whole, self._sizes.get(path, 0))
            task = self._bars.tasks[self._bars.task_ids.index(self._whole)]
            left = f"{clock(round((task.time_remaining or 0) * US_PER_SECOND))} left"
            self._bars.update(self._whole, facts=left if task.time_remaining else "")

    def _say(self, line: str) -> None:
        if not self._quiet:
            self._console.print(line)
