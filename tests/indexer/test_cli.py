"""The command line as a person or a script uses it: words, codes, shapes."""

import csv
import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from clips import BLUE, GREEN, RED, Take, cuts_us, render
from commands import Run, at_home

TAKES = [Take(RED, 25), Take(GREEN, 50), Take(BLUE, 25)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def clip(home: Path) -> Path:
    (home / "films").mkdir()
    return render(home / "films" / "Three Colours.mkv", TAKES)


@pytest.fixture(scope="module")
def run(home: Path, bundle_path: Path) -> Run:
    """Run the installed command in a home of its own."""
    return at_home(home, FILMDEX_MODEL__BUNDLE=str(bundle_path))


@pytest.fixture(scope="module")
def indexed(run: Run, clip: Path) -> Path:
    said = run("index", clip)
    assert said.code == 0, said.err
    assert "3 shots" in said.err
    assert said.out == ""
    return clip


def test_a_second_run_has_nothing_to_do(run: Run, indexed: Path) -> None:
    said = run("index", indexed.parent)
    assert (said.code, said.out) == (0, "")
    assert "0 indexed, 1 up to date, 0 failed" in said.err


def test_show_as_json_has_the_promised_shape(run: Run, indexed: Path) -> None:
    document = json.loads(run("show", indexed, "--json").out)
    film = document["film"]
    assert film["path"] == str(indexed)
    assert (film["duration_us"], film["container_offset_us"]) == (4_000_000, 0)
    assert film["precision"] == "exact"
    assert set(film["tags"][0]) == {
        "tag",
        "relevance",
        "weight",
        "coverage",
        "seconds",
        "peak",
        "present",
    }
    assert document["cuts_us"] == cuts_us(TAKES)
    assert document["boundaries"] == [{"lo_us": us, "hi_us": us} for us in cuts_us(TAKES)]
    assert document["transitions"] == []
    first = document["shots"][0]
    assert (first["start_us"], first["end_us"], first["state"]) == (0, 1_000_000, "looked_at")
    assert first["samples_us"] == [480_000]
    assert set(first["tags"]) == {"Red", "Green", "Blue", "Dark"}
    assert first["present"] == ["Red", "Dark"]
    assert document["untrained"] == ["Never"]
    assert set(document["model"]) == {"name", "version", "digest"}
    assert document["provider"] == "cpu"


@pytest.mark.parametrize("name", ["Three Colours", "three colours", "id:1"])
def test_a_film_answers_to_its_title_and_number(run: Run, indexed: Path, name: str) -> None:
    said = run("show", name)
    assert said.code == 0
    assert "Three Colours" in said.out
    assert str(indexed) in said.out


def test_show_draws_bars_and_a_timeline(run: Run, indexed: Path) -> None:
    out = run("show", indexed, "--shots").out
    drawn = [line for line in out.splitlines() if len(line) > 60 and set(line[6:]) <= set(" ░▒▓█")]
    strips = {line[:6].strip(): line[6:] for line in drawn}
    # Red a quarter of the time, green half, blue a quarter, all at 0.8 or so; little elsewhere.
    assert set(strips) == {"Red", "Green", "Blue", "Dark"}
    cells = len(strips["Green"])
    quarter = cells // 4
    for name, first, last in (("Red", 0, 1), ("Green", 1, 3), ("Blue", 3, 4)):
        bright = [n for n, shade in enumerate(strips[name]) if shade in "▓█"]
        assert bright, name
        assert bright == list(range(bright[0], bright[-1] + 1)), name
        assert abs(bright[0] - first * quarter) <= 3, name
        assert abs(bright[-1] + 1 - last * quarter) <= 3, name
    table = re.findall(r"^ +(\d)  (\S+)  (\S+)  (?:cut)? +looked at +(.*?) *$", out, re.MULTILINE)
    assert [row[:3] for row in table] == [
        ("1", "0:00.0", "0:01.0"),
        ("2", "0:01.0", "0:03.0"),
        ("3", "0:03.0", "0:04.0"),
    ]
    assert [row[3].split()[0] for row in table] == ["Red", "Green", "Blue"]


def test_show_draws_with_what_the_terminal_has(run: Run, indexed: Path) -> None:
    said = run("show", indexed, PYTHONIOENCODING="latin-1")
    assert said.code == 0, said.err
    assert re.search(r"^Dark +#{20} ", said.out, re.MULTILINE)


def test_a_name_cannot_speak_to_the_terminal(run: Run, clip: Path, tmp_path: Path) -> None:
    name = "[red]x[nored]\x1b[31m\x07\n:smile:"
    shown = "[red]x[nored]\\x1b[31m\\x07\\n:smile:"
    film = tmp_path / f"{name}.mkv"
    film.write_bytes(clip.read_bytes())
    database = ("--database", tmp_path / "x[/y].db")
    said = [
        run("index", film, *database),
        run("films", *database),
        run("show", "id:1", *database),
        run("search", "green", *database),
        run("search", "--shots", "green", *database),
    ]
    for one in said:
        assert one.code == 0, one.err
        assert shown in one.out + one.err
        assert not {"\x1b", "\x07"} & set(one.out + one.err)
    (listed,) = json.loads(run("films", "--json", *database).out)
    assert listed["path"] == str(film)
    lost = run("show", film.with_name("gone" + name), *database)
    assert lost.code == 1
    assert "\x1b" not in lost.err
    for report in ("config show", "status"):
        assert "x[/y].db" in run(*report.split(), *database).out


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """Commands of other packages: one is not there, one cannot be imported, one fails."""
    about = tmp_path / "others-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[filmdex.commands]\n"
        "lost = nowhere_at_all:command\nbroken = others_broken:command\n"
        "none = others_fine:VALUE\nfails = others_fine:command\n"
    )
    (tmp_path / "others_broken.py").write_text("raise TypeError('old')\n")
    (tmp_path / "others_fine.py").write_text(
        "import click, os, signal\nVALUE = 1\n"
        "@click.command()\n@click.option('--hang-up', is_flag=True)\n"
        "def command(hang_up):\n    'Fail.'\n"
        "    if hang_up:\n        os.kill(os.getpid(), signal.SIGHUP)\n"
        "    raise TypeError('a\\x1bb')\n"
    )
    return tmp_path


def test_a_broken_plugin_breaks_only_itself(run: Run, plugins: Path) -> None:
    said = run("--help", PYTHONPATH=str(plugins))
    assert said.code == 0, said.err
    help_text = " ".join(said.out.split())
    assert "lost (cannot be loaded: ModuleNotFoundError: No module" in help_text
    assert "broken (cannot be loaded: TypeError: old)" in help_text
    assert "none (cannot be loaded: others_fine:VALUE is no command)" in help_text
    assert "fails Fail." in help_text
    said = run("broken", PYTHONPATH=str(plugins))
    assert (said.code, said.err) == (1, "Error: cannot be loaded: TypeError: old\n")


def test_what_nobody_foresaw_is_one_line(run: Run, plugins: Path) -> None:
    said = run("fails", PYTHONPATH=str(plugins))
    assert said.code == 1
    assert said.err == "filmdex: unexpected: TypeError: a\\x1bb; please report it\n"
    assert "Traceback" in run("fails", PYTHONPATH=str(plugins), FILMDEX_DEBUG="1").err


def test_a_hang_up_is_an_interruption(run: Run, plugins: Path) -> None:
    assert run("fails", "--hang-up", PYTHONPATH=str(plugins)).code == 130


@pytest.mark.long
def test_the_demo_prints_commands_that_work(run: Run, home: Path) -> None:
    said = run("demo")
    assert said.code == 0, said.err
    *own, last = [line[2:] for line in said.out.splitlines() if line.startswith("$ ")]
    program = str(Path(sys.executable).with_name("filmdex"))
    assert len(own) == 5
    for line in own[1:]:
        command, *arguments = shlex.split(line)
        assert command == program
        again = run(*arguments)
        assert again.code == 0, again.err
        assert again.out in said.out
    assert shlex.split(last) == [program, "index", str(home / "Videos")]


def test_one_record_a_shot_as_lines_and_as_csv(run: Run, indexed: Path) -> None:
    lines = [json.loads(line) for line in run("show", indexed, "--jsonl").out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(run("show", indexed, "--csv").out)))
    assert [line["start_us"] for line in lines] == [0, *cuts_us(TAKES)]
    assert [int(row["start_us"]) for row in rows] == [0, *cuts_us(TAKES)]


def test_films_is_a_list_in_every_form(run: Run, indexed: Path) -> None:
    (film,) = json.loads(run("films", "--json").out)
    assert (film["title"], film["state"], film["shots"]) == ("Three Colours", "indexed", 3)
    assert "Green" in film["present"]
    assert "Three Colours" in run("films").out
    assert run("films", "--csv").out.startswith("id,title,state,")
    assert str(indexed) in run("films", "--jsonl").out


def test_search_finds_films_and_shots(run: Run, indexed: Path) -> None:
    (hit,) = json.loads(run("search", "green", "--json").out)["hits"]
    assert hit["path"] == str(indexed)
    (shot,) = json.loads(run("search", "--shots", "green>=0.6", "--json").out)["hits"]
    assert (shot["shot"], shot["start_us"], shot["end_us"]) == (2, 1_000_000, 3_000_000)


@pytest.mark.usefixtures("indexed")
def test_nothing_found_is_a_code_of_its_own(run: Run) -> None:
    said = run("search", "seconds(green)>1h")
    assert said.code == 3
    assert "0 films" in said.err
    assert json.loads(run("search", "seconds(green)>1h", "--json").out)["hits"] == []


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("green and gren", "Green"),
        ("green>=1.5", "1.5"),
        ("(green", "not closed"),
        ("never", "untrained"),
    ],
)
def test_a_mistake_gets_a_caret_under_its_column(run: Run, query: str, words: str) -> None:
    said = run("search", query)
    assert said.code == 2
    message, text, caret = said.err.rstrip("\n").splitlines()
    assert words in message
    assert text.strip() == query
    assert caret.strip() == "^"


@pytest.mark.usefixtures("indexed")
def test_bad_films_are_named_and_the_code_is_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad\nname.mp4").write_bytes(b"nonsense")
    said = run("index", tmp_path, tmp_path / "gone.mkv")
    assert said.code == 1
    assert "bad\\nname.mp4: no film that filmdex can read" in said.err
    assert "gone.mkv: No such file or directory" in said.err
    failed = [film for film in json.loads(run("films", "--json").out) if film["state"] == "failed"]
    assert [film["error"] for film in failed] == ["MediaError"]
    assert "no film" in run("status").out


def test_an_empty_folder_is_no_success(run: Run, tmp_path: Path) -> None:
    said = run("index", tmp_path)
    assert said.code == 1
    assert "no films there" in said.err


@pytest.mark.usefixtures("indexed")
def test_status_counts(run: Run) -> None:
    status = json.loads(run("status", "--json").out)
    assert status["shots"] == 3
    assert status["runs"][0]["model"] == "colours 1"
    assert status["jobs"]["indexed"] == 1


def test_settings_tell_where_they_come_from(run: Run) -> None:
    rows = json.loads(run("config", "show", "--origin", "--json", FILMDEX_INDEX__JOBS="2").out)
    origins = {row["key"]: (row["value"], row["origin"]) for row in rows}
    assert origins["index.jobs"] == (2, "FILMDEX_INDEX__JOBS")
    assert origins["index.cuts"] == ("hybrid", "default")


def test_a_wrong_setting_is_a_usage_error(run: Run, indexed: Path) -> None:
    said = run("index", indexed, "--provider", "cdua")
    assert said.code == 2
    assert "model.provider, set by flag" in said.err


def test_model_info_lists_good_and_bad(run: Run) -> None:
    rows = {row["tag"]: row for row in json.loads(run("model", "info", "--json").out)["tags"]}
    assert rows["Never"]["ability"]["status"] == "untrained"
    assert "untrained" in run("model", "info").out
    assert "as the card says" in run("model", "verify").out
    verified = json.loads(run("model", "verify", "--json").out)
    assert verified["files"] == ["backbone.onnx", "dark.onnx", "head.onnx"]
    assert verified["provider"] == "cpu"


def test_doctor_finds_this_installation_fit(run: Run) -> None:
    said = run("doctor", "--json")
    findings = json.loads(said.out)
    assert said.code == 0, findings
    assert {finding["check"] for finding in findings} >= {"decoder", "model", "database"}


def test_doctor_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    said = run("doctor", "--json", FILMDEX_MODEL__BUNDLE=str(tmp_path))
    wrong = [finding for finding in json.loads(said.out) if not finding["ok"]]
    assert said.code == 1
    assert [finding["check"] for finding in wrong] == ["model"]
    assert "no model bundle here" in wrong[0]["finding"]


def test_a_database_that_is_none_is_said_to_be_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"This is not a database, it is a letter.\n" * 99)
    said = run("films", "--database", tmp_path / "x.db")
    assert said.code == 1
    assert "is it a filmdex database?" in said.err


def test_a_keyframe_run_says_what_it_promises(run: Run, tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mkv", TAKES)
    place = {"FILMDEX_DATABASE__PATH": str(tmp_path / "library.db")}
    said = run("index", "--precision=keyframes", clip, FILMDEX_INDEX__GAP_SECONDS="5", **place)
    assert said.code == 0, said.err
    assert "(keyframes, nothing over 5 s unseen)" in run("show", clip, **place).out
    assert json.loads(run("show", "--json", clip, **place).out)["film"]["gap_seconds"] == 5.0
