"""The benchmark: scores by TRECVID's rules, costs that are the kernel's, ratios within a round."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from clips import BLUE, GREEN, RED, Take, cuts_us, render
from filmdex.db.errors import WorkerError
from filmdex.indexer.bench.contenders import BARE, CONTENDERS, FILMDEX, Passed
from filmdex.indexer.bench.lengthen import lengthened
from filmdex.indexer.bench.measuring import Cost, measure
from filmdex.indexer.bench.picture import svg
from filmdex.indexer.bench.report import document, markdown, scored
from filmdex.indexer.bench.rounds import Spread, Taken, rounds, summary
from filmdex.indexer.bench.scoring import Score, Truth, pooled, score
from films_seen import see
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TAKES = [Take(RED, 30), Take(GREEN, 45), Take(BLUE, 25)]
TRUTH = Truth("a.mkv", 25.0, (1_000_000, 3_000_000), ((5_000_000, 6_000_000),), ((9_000_000,) * 2,))


# -- scoring -----------------------------------------------------------------------------------


def test_a_cut_is_found_within_the_tolerance_and_once() -> None:
    assert score(TRUTH, [1_000_000, 3_000_000, 5_500_000], 0) == Score(3, 0, 0)
    # Two frames late is 80 ms; the second detection near a cut is a false alarm.
    assert score(TRUTH, [1_080_000, 3_000_000, 3_040_000], 2) == Score(2, 1, 1)
    assert score(TRUTH, [1_080_000], 0) == Score(0, 1, 3)


def test_more_in_a_transition_or_in_what_is_ignored_is_neutral() -> None:
    assert score(TRUTH, [5_100_000, 5_900_000, 9_010_000], 0) == Score(1, 0, 2)


def test_scores_are_pooled_by_their_counts() -> None:
    both = pooled([Score(9, 1, 0), Score(0, 0, 10)])
    assert both == Score(9, 1, 10)
    assert (both.precision, both.recall) == (0.9, 9 / 19)
    assert both.f1 == pytest.approx(18 / 29)
    assert Score().f1 == 1.0


@pytest.fixture(scope="module")
def script(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("script", shared / "tools/score_cuts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(jitter=st.lists(st.tuples(st.integers(0, 400), st.integers(-5, 5)), max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_scores_are_those_of_the_script_that_came_with_the_truth(
    script: ModuleType, shared: Path, jitter: list[tuple[int, int]]
) -> None:
    """Detections are the true boundaries, some left out, some doubled, moved by a few frames."""
    for path in (shared / "data/truth/cuts").glob("*.json"):
        labelled = json.loads(path.read_text(encoding="utf-8"))
        truth = Truth.of(labelled)
        ends_us = [us for pair in (*truth.transitions_us, *truth.ignored_us) for us in pair]
        near_us = [*truth.cuts_us, *ends_us, 0]
        detected = [near_us[n % len(near_us)] + off * 40_000 for n, off in jitter]
        for tolerance in (0, 2):
            ours, theirs = (
                score(truth, detected, tolerance),
                script.score(labelled, detected, tolerance),
            )
            assert ours == Score(theirs["tp"], theirs["fp"], theirs["fn"])


# -- measuring ---------------------------------------------------------------------------------

BUSY = "import time\nwhile time.process_time() < {}: pass"


def test_processor_time_holds_that_of_children() -> None:
    child = BUSY.format(0.3)
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    cost, _ = measure([sys.executable, "-c", program], os.environ)
    assert cost.cpu_s >= 0.3


def test_memory_of_a_process_and_of_its_child_are_told_apart() -> None:
    child = "x = bytearray(200 * 2**20)\n" + BUSY.format(0.5)
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    cost, _ = measure([sys.executable, "-c", program], os.environ)
    assert 200 <= cost.child_mb < 300
    assert cost.own_mb < 100


def test_a_command_that_fails_is_named_with_its_last_words() -> None:
    program = "import sys; sys.stderr.write('no film here'); raise SystemExit(3)"
    with pytest.raises(WorkerError, match="code 3: no film here"):
        measure([sys.executable, "-c", program], os.environ)


def took(round_: int, contender: str, cpu_s: float, film: str = "a.mkv") -> Taken:
    return Taken(
        film,
        contender,
        round_,
        Cost(cpu_s, 2.0, 100.0 + round_, 50.0),
        Passed(250, 10.0, (40_000,)),
    )


def test_ratios_are_within_a_round() -> None:
    """The machine was ten times slower in the second round: the ratio knows nothing of it."""
    taken = [
        took(0, BARE, 1.0), took(0, "exact", 2.0),
        took(1, "exact", 30.0), took(1, BARE, 10.0),
        took(2, BARE, 1.0), took(2, "exact", 2.5),
    ]  # fmt: skip
    bare, exact = summary(taken)
    assert bare.to_bare == Spread(1.0, 1.0, 1.0)
    assert exact.to_bare == Spread(2.5, 2.0, 3.0)
    assert exact.times_real_time == 5.0
    assert exact.own_mb == 102.0


def test_every_contender_has_every_turn(tmp_path: Path) -> None:
    film = render(tmp_path / "a.mkv", [Take(RED, 5)])
    chosen = [CONTENDERS[BARE], CONTENDERS["scene-filter"]]
    told: list[Taken] = []
    taken = list(rounds([film], chosen, 2, os.environ, told.append))
    assert [one.contender for one in taken] == [BARE, "scene-filter", "scene-filter", BARE]
    assert taken == told


# -- contenders --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bare", "scene-filter", "detect-adaptive", "see-keyframes"])
def test_a_contender_goes_through_the_whole_film(tmp_path: Path, name: str) -> None:
    film = render(tmp_path / "a.mkv", TAKES, first_pts=50)
    contender = CONTENDERS[name]
    database = tmp_path / "library.db"
    _, out = measure(contender.command(film, database), os.environ)
    passed = contender.read(film, database, out, os.environ)
    assert passed.frames == 100
    assert passed.seconds == pytest.approx(4.0, abs=0.05)
    if name == "scene-filter":
        assert passed.cuts_us == tuple(cuts_us(TAKES))


def test_a_film_is_made_longer_without_a_seam(tmp_path: Path) -> None:
    film = render(tmp_path / "a.mkv", TAKES, codec="libx264")
    longer = lengthened(film, 10 / 60, tmp_path)
    once, thrice = see(film), see(longer)
    assert thrice.facts.frames == 3 * once.facts.frames
    assert thrice.facts.duration_us == pytest.approx(12_000_000, abs=2_000)
    assert [us - 4_000_000 for us in thrice.cuts_us if 4_000_000 < us < 8_000_000] == once.cuts_us


# -- what is written ---------------------------------------------------------------------------


def test_the_table_and_the_document_say_the_same() -> None:
    rows = scored(summary([took(0, BARE, 1.0), took(0, "exact", 2.0)]), {"a.mkv": TRUTH})
    table = markdown(rows, "filmdex bench a.mkv", 1)
    assert "| a.mkv | exact | 2.00 | 2.00 | 5 | 2.000 (2.000 to 2.000) | 100 | 50 |" in table
    written = json.loads(json.dumps(document(rows, "filmdex bench a.mkv", 1)))
    assert [row["to_bare"]["middle"] for row in written["rows"]] == [1.0, 2.0]
    assert written["machine"]["packages"]["filmdex"]


def test_the_picture_is_a_picture_whatever_a_film_is_called() -> None:
    rows = summary([took(0, name, 2.0, film="<&>.mkv") for name in (BARE, "exact")])
    root = ElementTree.fromstring(svg(rows))  # noqa: S314  our own
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<&>.mkv" in texts
    assert "exact" in texts


def test_the_command_measures_and_writes(tmp_path: Path, bundle_path: Path) -> None:
    film = render(tmp_path / "a.mkv", TAKES)
    (tmp_path / "a.mkv.json").write_text(
        json.dumps(
            {
                "file": "a.mkv",
                "fps": 25,
                "cuts": [{"us": us} for us in cuts_us(TAKES)],
                "transitions": [],
            }
        )
    )
    out = tmp_path / "out"
    done = subprocess.run(
        [*FILMDEX, "bench", "-c", "exact", "--rounds=1", "--truth", tmp_path, "-o", out, film],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"FILMDEX_MODEL__BUNDLE": str(bundle_path)},
    )
    assert (out / "bench.md").read_text() == done.stdout
    written = json.loads((out / "bench.json").read_text())
    assert [row["contender"] for row in written["rows"]] == ["bare", "exact"]
    assert written["rows"][1]["scores"]["at_0"]["f1"] == 1.0
    assert (out / "bench.svg").read_text().startswith("<svg")


def test_an_unknown_contender_is_refused_with_those_there_are(tmp_path: Path) -> None:
    film = render(tmp_path / "a.mkv", [Take(RED, 5)])
    done = subprocess.run(
        [*FILMDEX, "bench", "-c", "nobody", film], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "scene-filter" in done.stderr
