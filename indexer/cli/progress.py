"""What indexing shows while it runs: bars on a terminal, a line a film elsewhere, on stderr."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, assert_never

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from ...db.records import US_PER_SECOND
from ..indexing import Advanced, Event, Finished, Refused, Skipped, Started
from ..library import Found
from ..pipeline import Position
from .output import clock, counted, plain, shown

BAR_WIDTH = 24
# On a narrow terminal first the bar gives way, then the name; never the facts.
FACTS_WIDTH = 42
NARROWEST_BAR = 6


def stderr_console() -> Console:
    """Give the console for progress; what it prints is no markup."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


@contextmanager
def bars(*columns: str | ProgressColumn) -> Iterator[Progress]:
    """Show bars of these columns, or the usual ones, on a terminal; nothing elsewhere."""
    err = stderr_console()
    with Progress(*columns, console=err, disable=not err.is_terminal) as shown_bars:
        yield shown_bars


@dataclass(slots=True)
class Whole:
    """The arithmetic of a run of many films: how far it is, measured in bytes, and how fast.

    A film that runs counts with the share of it that has been decoded. One that turned out to need
    no work, or to be none, leaves the whole, so that it makes the rest look neither near nor fast.
    """

    sizes: dict[str, int]
    began_s: float
    running: dict[str, Position] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    done_bytes: int = 0
    done_us: int = 0
    done_shots: int = 0

    def __post_init__(self) -> None:
        self.left = set(self.sizes)

    @property
    def films(self) -> int:
        """How many films are done with, whatever came of them."""
        return len(self.sizes) - len(self.left)

    @property
    def shots(self) -> int:
        """How many shots were found so far."""
        return self.done_shots + sum(position.shots for position in self.running.values())

    @property
    def worked_bytes(self) -> float:
        """How much was worked through, of films that are done and of those that run."""
        return self.done_bytes + sum(
            self.sizes.get(path, 0) * _share(position) for path, position in self.running.items()
        )

    @property
    def total_bytes(self) -> int:
        """How much there is to work through."""
        return self.done_bytes + sum(self.sizes[path] for path in self.left)

    def times_real_time(self, now_s: float) -> float:
        """Return seconds of film a second."""
        film_us = self.done_us + sum(position.position_us for position in self.running.values())
        return film_us / US_PER_SECOND / max(now_s - self.began_s, 1e-3)

    def left_us(self, now_s: float) -> int | None:
        """Return how long the rest will take at this rate; None while there is no telling."""
        worked = self.worked_bytes
        if not worked or not self.left:
            return None
        rate = worked / max(now_s - self.began_s, 1e-3)
        return round((self.total_bytes - worked) / rate * US_PER_SECOND)

    def end(self, path: str, duration_us: int | None = None, shots: int = 0) -> None:
        """Be done with a film; `duration_us` is None where it was not indexed."""
        self.running.pop(path, None)
        if path not in self.left:
            return
        self.left.remove(path)
        if duration_us is not None:
            self.done_bytes += self.sizes[path]
            self.done_us += duration_us
            self.done_shots += shots


def _share(position: Position) -> float:
    if not position.duration_us:
        return 0.0
    return min(1.0, position.position_us / position.duration_us)


class _Name(ProgressColumn):
    """The first column: what there is no room for is cut off."""

    def render(self, task: Task) -> Text:
        return Text(task.description, task.fields["style"], no_wrap=True, overflow="ellipsis")


class _Facts(ProgressColumn):
    """The last column: it keeps its width."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["facts"], no_wrap=True)


class Reporter:
    """Listens to indexing; use as a context manager around it. May be told from any thread.

    `now_s` is a clock that does not jump, in seconds.
    """

    def __init__(
        self,
        *,
        quiet: bool,
        console: Console | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet = quiet
        self._now_s = now_s
        self._console = stderr_console() if console is None else console
        self.bars = Progress(
            _Name(),
            BarColumn(max(NARROWEST_BAR, min(BAR_WIDTH, self._console.width - FACTS_WIDTH))),
            _Facts(table_column=Column(no_wrap=True)),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
            transient=True,
        )
        self._one_at_a_time = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._task_of_all: TaskID | None = None
        self._whole = Whole({}, now_s())
        self._began_s = now_s()
        self._started_s: dict[str, float] = {}
        self.refused = self.skipped = self.elsewhere = self.finished = 0

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def expect(self, due: Sequence[Found]) -> None:
        """Say which films will be worked on; bytes measure the whole."""
        self._whole = Whole({film.path: film.location.size for film in due}, self._now_s())
        self._task_of_all = self.bars.add_task("", style="bold", facts="")
        self._show_whole()

    def tell(self, event: Event) -> None:
        """Take one event."""
        with self._one_at_a_time:
            match event:
                case Started(path):
                    self._start(path)
                case Advanced(path, position):
                    self._advance(path, position)
                case Finished():
                    self._finish(event)
                case Refused(path, reason):
                    self.refused += 1
                    self._end(path)
                    self._print("failed", "red", f"{path}: {reason}")
                case Skipped(path, why):
                    self._skip(path, why)
                case _:
                    assert_never(event)
            self._show_whole()

    def note(self, text: str) -> None:
        """Tell what people should know, though all goes on."""
        with self._one_at_a_time:
            self._print("note", "yellow", text)

    @property
    def met(self) -> int:
        """How many files were met, whatever came of them."""
        return self.finished + self.skipped + self.elsewhere + self.refused

    def summarise(self) -> None:
        """Say in one line how the whole went."""
        seconds = self._now_s() - self._began_s
        times = self._whole.done_us / US_PER_SECOND / max(seconds, 1e-3)
        rate = f" in {seconds:.1f} s, {times:.1f} x real time" if self.finished else ""
        elsewhere = f", {self.elsewhere} elsewhere" if self.elsewhere else ""
        if not self._quiet:
            self._console.print(
                f"{self.finished} indexed, {self.skipped} up to date{elsewhere}, "
                f"{self.refused} failed{rate}",
                soft_wrap=True,
            )

    def _start(self, path: str) -> None:
        if not self._started_s:
            self._whole.began_s = self._now_s()  # what opening the network took is no film's time
        self._started_s[path] = self._now_s()
        name = shown(path.rpartition("/")[2])
        self._tasks[path] = self.bars.add_task(name, total=None, style="", facts="")

    def _advance(self, path: str, position: Position) -> None:
        self._whole.running[path] = position
        passed_s = self._now_s() - self._started_s[path]
        times = position.position_us / US_PER_SECOND / max(passed_s, 1e-3)
        left_us = None
        if 0 < position.position_us < position.duration_us:
            left_us = round((position.duration_us - position.position_us) / max(times, 1e-3))
        self.bars.update(
            self._tasks[path],
            total=position.duration_us or None,
            completed=position.position_us,
            facts=_facts(position.shots, times, left_us),
        )

    def _finish(self, event: Finished) -> None:
        self.finished += 1
        facts, shots = event.outcome.facts, event.outcome.shots
        self._end(event.path, facts.duration_us, shots)
        times = facts.duration_us / US_PER_SECOND / max(event.seconds, 1e-3)
        if not self._quiet:
            self._print(
                "indexed",
                "green",
                event.path,
                f"  id:{event.film_id}, {counted(shots, 'shot')}, {clock(facts.duration_us)} "
                f"in {event.seconds:.1f} s ({times:.1f} x real time)",
            )
        if event.outcome.unseen_us or facts.decode_errors:
            self._print(
                "damaged",
                "yellow",
                f"{event.path}: {counted(facts.decode_errors, 'decoding error')}, "
                f"{event.outcome.unseen_us / US_PER_SECOND:.1f} s not looked at",
            )

    def _skip(self, path: str, why: str) -> None:
        current = why.startswith("already indexed")
        self.skipped += current
        self.elsewhere += not current
        self._end(path)
        if why != "already indexed" and not self._quiet:
            self._print("skipped", "dim", f"{path}: {why}")

    def _end(self, path: str, duration_us: int | None = None, shots: int = 0) -> None:
        self._whole.end(path, duration_us, shots)
        if path in self._tasks:
            self.bars.remove_task(self._tasks.pop(path))

    def _show_whole(self) -> None:
        if self._task_of_all is None:
            return
        whole, now_s = self._whole, self._now_s()
        facts = ""
        if whole.worked_bytes:
            facts = _facts(whole.shots, whole.times_real_time(now_s), whole.left_us(now_s))
        self.bars.update(
            self._task_of_all,
            description=f"{whole.films} of {counted(len(whole.sizes), 'film')}",
            total=max(whole.total_bytes, 1),
            completed=whole.worked_bytes,
            facts=facts,
        )

    def _print(self, what: str, style: str, text: str, rest: str = "") -> None:
        line = plain(what, style).append_text(Text(f" {shown(text)}{rest}", "not bold"))
        self._console.print(line, soft_wrap=True)


def _facts(shots: int, times: float, left_us: int | None) -> str:
    """Say it short: there may be 50 columns for it, a name and a bar."""
    speed = f"{times:.1f}x" if times < 10 else f"{times:.0f}x"
    left = "" if left_us is None else f", {clock(left_us).partition('.')[0]} left"
    return f"{counted(shots, 'shot')}, {speed}{left}"
