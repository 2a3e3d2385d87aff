"""Progress: told what happens and what time it is, it says how far the whole is."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from filmdex.db.records import FilmFacts, Location
from filmdex.indexer.cli.progress import Reporter, Whole
from filmdex.indexer.indexing import Advanced, Finished, Refused, Skipped, Started
from filmdex.indexer.library import Found
from filmdex.indexer.pipeline import Outcome, Position
from filmdex.indexer.stages import StageSeconds
from rich.console import Console

SECOND = 1_000_000


@dataclass
class Stage:
    """A reporter with a terminal and a clock of its own."""

    width: int
    terminal: bool = True
    now_s: float = 100.0
    file: io.StringIO = field(default_factory=io.StringIO)

    def reporter(self) -> Reporter:
        console = Console(
            file=self.file,
            width=self.width,
            force_terminal=self.terminal,
            color_system=None,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        return Reporter(quiet=False, console=console, now_s=lambda: self.now_s)

    def lines(self, reporter: Reporter) -> list[str]:
        """Draw the bars as they are now."""
        console = Console(file=io.StringIO(), width=self.width, color_system=None)
        with console.capture() as drawn:
            console.print(reporter.bars)
        return drawn.get().splitlines()


def _found(path: str, size: int) -> Found:
    return Found(path, Location(path.encode(), size, 0))


def _finished(path: str, seconds_long: int, shots: int = 1, errors: int = 0) -> Finished:
    facts = FilmFacts("mp4", "h264", 2, 2, 0, 25.0, seconds_long * SECOND, 0, 1, errors)
    return Finished(path, 7, Outcome(facts, shots, 0, StageSeconds(1.0, 0.5, 0.25)), 2.0)


@pytest.fixture
def narrow() -> Iterator[Stage]:
    return Stage(50)


def test_the_whole_counts_running_films_by_their_share() -> None:
    whole = Whole({"a": 100, "b": 300, "c": 50}, began_s=0.0)
    whole.end("a", 10 * SECOND, shots=4)
    whole.running["b"] = Position(15 * SECOND, 30 * SECOND, 3)
    assert (whole.films, whole.shots) == (1, 7)
    assert whole.worked_bytes == 250
    assert whole.times_real_time(5.0) == 5.0
    assert whole.left_us(5.0) == 4 * SECOND  # 200 bytes, at 50 a second
    whole.end("c")  # refused: it leaves the whole, and does not hurry it
    assert whole.films == 2
    assert whole.left_us(5.0) == 3 * SECOND
    whole.running["b"] = Position(40 * SECOND, 30 * SECOND, 3)  # longer than its header promised
    assert whole.worked_bytes == 400
    whole.running["b"] = Position(40 * SECOND, 0, 3)
    assert whole.worked_bytes == 100


def test_the_whole_bar_moves_while_one_film_runs(narrow: Stage) -> None:
    with narrow.reporter() as reporter:
        reporter.expect([_found("/f/a rather long name of a film.mkv", 1000), _found("/f/b", 1000)])
        reporter.tell(Started("/f/a rather long name of a film.mkv"))
        narrow.now_s += 10
        path = "/f/a rather long name of a film.mkv"
        reporter.tell(Advanced(path, Position(1800 * SECOND, 3600 * SECOND, 123)))
        whole, film = narrow.lines(reporter)
    assert re.match(r"0 of 2 films +━+.* 123 shots, 180x, 0:30 left$", whole)
    assert re.match(r"a rather lon.*… .* 123 shots, 180x, 0:10 left$", film)
    assert max(map(len, (whole, film))) <= 50


def test_what_is_done_is_added_up(narrow: Stage) -> None:
    with narrow.reporter() as reporter:
        reporter.expect([_found("a", 1000), _found("b", 1000), _found("c", 9)])
        reporter.tell(Started("a"))
        narrow.now_s += 10
        reporter.tell(_finished("a", 30, shots=5))
        reporter.tell(Skipped("c", "already indexed: its content is known"))
        (whole,) = narrow.lines(reporter)
    assert re.match(r"2 of 3 films .* 5 shots, 3.0x, 0:10 left$", whole)


def test_the_end_counts_what_is_elsewhere_apart() -> None:
    stage = Stage(80, terminal=False)
    with stage.reporter() as reporter:
        reporter.tell(Skipped("/a", "already indexed"))
        reporter.tell(Skipped("/b", "being indexed already"))
        reporter.tell(Refused("/c\x1b[31m", "no [film]\n"))
    reporter.summarise()
    assert stage.file.getvalue().splitlines() == [
        "skipped /b: being indexed already",
        "failed /c\\x1b[31m: no [film]\\n",
        "0 indexed, 1 up to date, 1 elsewhere, 1 failed",
    ]
    assert reporter.met == 3


def test_a_line_a_film_without_plurals_of_one() -> None:
    stage = Stage(80, terminal=False)
    with stage.reporter() as reporter:
        reporter.expect([_found("/[red]a", 1)])
        reporter.tell(Started("/[red]a"))
        reporter.tell(_finished("/[red]a", 4, errors=1))
    assert stage.file.getvalue().splitlines() == [
        "indexed /[red]a  id:7, 1 shot, 0:04.0 in 2.0 s (2.0 x real time)",
        "damaged /[red]a: 1 decoding error, 0.0 s not looked at",
    ]
