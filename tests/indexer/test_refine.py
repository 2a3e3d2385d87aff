"""Refining a keyframe run: what an exact run finds, in the place of brackets, all or nothing."""

import csv
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clips import BLUE, GREEN, RED, Take, cuts_us, render
from filmdex.db import films, runs
from filmdex.db.errors import StoreError
from filmdex.db.records import Boundary, Shot, ShotState, Span
from filmdex.db.store import Store
from filmdex.indexer.documents import film_document
from filmdex.indexer.refine import Part, part_of

SECOND = 1_000_000
TAKES = [Take(colour, 45 + n) for n, colour in enumerate([RED, GREEN, BLUE] * 3)]


def shot(start: int, end: int, lo: int, hi: int) -> Shot:
    return Shot(Span(start, end), Boundary(lo, hi), ShotState.LOOKED_AT, (), (0.5,))


# Seen at 0, 10, 20 and 30; boundaries in between.
FOUR = [shot(0, 5, 0, 0), shot(5, 15, 1, 10), shot(15, 25, 11, 20), shot(25, 40, 21, 30)]


@pytest.mark.parametrize(
    ("span", "part"),
    [
        ((0, 40), Part(0, 4, Span(0, 40))),
        ((12, 13), Part(1, 3, Span(10, 21))),
        ((10, 11), Part(0, 3, Span(0, 21))),
        ((31, 40), Part(3, 4, Span(30, 40))),
        ((29, 35), Part(2, 4, Span(20, 40))),
    ],
)
def test_a_part_is_every_shot_that_may_touch_the_span(span: tuple[int, int], part: Part) -> None:
    assert part_of(FOUR, Span(*span)) == part


def test_there_is_nothing_after_the_end() -> None:
    with pytest.raises(StoreError, match="no film at"):
        part_of(FOUR, Span(41, 50))


@dataclass(frozen=True)
class Library:
    """A film that was indexed by its keyframes, and the installed command beside it."""

    folder: Path
    bundle: Path

    @property
    def film(self) -> Path:
        return self.folder / "nine.mkv"

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("filmdex"), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": "",
                "HOME": str(self.folder),
                "FILMDEX_MODEL__BUNDLE": str(self.bundle),
                "FILMDEX_DATABASE__PATH": str(self.folder / "library.db"),
            },
        )

    def shown(self) -> dict[str, Any]:
        with Store.open(self.folder / "library.db") as store, store.reading() as db:
            film = films.read(db, 1)
            run = runs.current(db, 1)
            assert run is not None
            model = runs.model_of(db, run.run_id)
            return film_document(film, run, list(runs.shots(db, run.run_id)), model)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, bundle_path: Path) -> Library:
    library = Library(tmp_path_factory.mktemp("refine"), bundle_path)
    no_scenecuts = {"sc_threshold": "0"}
    render(library.film, TAKES, codec="libx264", gop=40, options=no_scenecuts)
    said = library.run("index", "--precision=keyframes", library.film)
    assert said.returncode == 0, said.stderr
    return library


@pytest.fixture
def library(indexed: Library) -> Iterator[Library]:
    """Each test begins with what was indexed."""
    kept = {name: (indexed.folder / name).read_bytes() for name in ("library.db", "nine.mkv")}
    times = indexed.film.stat()
    yield indexed
    for name, content in kept.items():
        (indexed.folder / name).write_bytes(content)
    os.utime(indexed.film, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_whole_film_refined_is_the_film_indexed_exactly(library: Library) -> None:
    assert library.shown()["cuts_us"] != cuts_us(TAKES)
    refined = library.run("refine", library.film)
    assert refined.returncode == 0, refined.stderr
    fine = library.shown()
    assert library.run("index", library.film).returncode == 0
    exact = library.shown()
    assert fine["cuts_us"] == exact["cuts_us"] == cuts_us(TAKES)
    for part in ("shots", "boundaries", "transitions"):
        assert fine[part] == exact[part]
    assert fine["film"]["tags"] == exact["film"]["tags"]
    assert "exact already" in library.run("refine", library.film).stderr


def test_a_span_is_exact_and_the_rest_as_it_was(library: Library) -> None:
    rough = library.shown()
    refined = library.run("refine", library.film, "--span", "0:05.5", 9)
    assert refined.returncode == 0, refined.stderr
    fine = library.shown()
    inside = [cut for cut in cuts_us(TAKES) if 5_500_000 <= cut <= 9 * SECOND]
    assert len(inside) == 2
    exact = [edge["lo_us"] for edge in fine["boundaries"] if edge["lo_us"] == edge["hi_us"]]
    assert set(inside) <= set(exact)
    assert [cut for cut in fine["cuts_us"] if 5_500_000 <= cut <= 9 * SECOND] == inside
    for first_us, end_us in ((0, 3 * SECOND), (12 * SECOND, 99 * SECOND)):
        ours, theirs = (
            [shot for shot in told["shots"] if first_us <= shot["start_us"] < end_us]
            for told in (fine, rough)
        )
        assert ours[1:-1] == theirs[1:-1]
    edges = [(one["start_us"], one["end_us"]) for one in fine["shots"]]
    assert edges[0][0] == 0
    assert all(one[1] == other[0] for one, other in itertools.pairwise(edges))
    assert edges[-1][1] == rough["shots"][-1]["end_us"]
    assert fine["film"]["shots"] == len(edges)


def test_a_file_that_has_changed_is_refused(library: Library) -> None:
    rough = library.shown()
    render(library.film, TAKES[:2])
    refined = library.run("refine", "id:1")
    assert refined.returncode == 1
    assert "is not what was indexed" in refined.stderr
    assert library.shown() == rough


@pytest.mark.parametrize("span", [("9", "5"), ("1:x", "5")])
def test_a_span_that_is_none_is_a_usage_error(library: Library, span: tuple[str, str]) -> None:
    assert library.run("refine", "id:1", "--span", *span).returncode == 2


RED_OUT = """name = "red"
[[rule]]
tag = "Red"
threshold = 0.5
pad_before = 0.04
action = "skip"
"""


def censored(library: Library) -> tuple[subprocess.CompletedProcess[str], list[Span]]:
    """Write what is red in the film as CSV, and read its spans."""
    (library.folder / "red.toml").write_text(RED_OUT, encoding="utf-8")
    out = library.folder / "red.csv"
    order = ("censor", "id:1", "--policy", library.folder / "red.toml", "--format", "csv")
    said = library.run(*order, "--output", out, "--force")
    with out.open(encoding="utf-8", newline="") as rows:
        times = [(int(row["start_us"]), int(row["end_us"])) for row in csv.DictReader(rows)]
    return said, [Span(*pair) for pair in times]


def test_what_is_cut_is_made_exact_before_it_is_written(library: Library) -> None:
    said, spans = censored(library)
    assert said.returncode == 5, said.stderr
    assert "nine: provisional" in said.stderr
    assert "made exact at" in said.stderr
    edges = [0, *cuts_us(TAKES), library.shown()["film"]["duration_us"]]
    # The first span ends at the third keyframe, which the keyframe run took for the cut itself.
    red = [(edges[n], edges[n + 1]) for n in (3, 6)]
    assert spans[1:] == [Span(start - 40_000, end) for start, end in red]
    shown = library.shown()
    again, same = censored(library)
    assert "made exact" not in again.stderr
    assert same == spans
    assert library.shown() == shown
    copied = library.run(
        *("censor", "id:1", "--policy", library.folder / "red.toml"),
        *("--render", library.folder / "out.mkv"),
    )
    assert copied.returncode == 1
    assert "provisional, only its keyframes were looked at; index it exactly" in copied.stderr


def test_where_the_film_is_not_there_it_is_said_and_the_outer_ends_are_written(
    library: Library,
) -> None:
    rough = library.shown()
    library.film.rename(library.folder / "away.mkv")
    said, spans = censored(library)
    (library.folder / "away.mkv").rename(library.film)
    assert said.returncode == 5
    assert "nine: provisional" in said.stderr
    assert "edges lie in brackets, of which the outer ends are written: " in said.stderr
    assert "is not what was indexed" in said.stderr
    assert library.shown() == rough
    edges = [0, *cuts_us(TAKES)]
    for n in (0, 3, 6):
        assert any(span.start_us <= edges[n] and edges[n + 1] <= span.end_us for span in spans)
