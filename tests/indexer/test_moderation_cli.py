"""Policies, verdicts, reviews, evidence and outputs as a person or a script uses them."""

import io
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from clips import BLUE, GREEN, RED, Take, render
from commands import Said
from filmdex.db import films, models, runs
from filmdex.db.records import (
    Boundary,
    FilmFacts,
    Location,
    ModelFacts,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
    TagFacts,
)
from filmdex.db.store import Store
from filmdex.indexer.cli.main import main
from filmdex.indexer.fingerprint import fingerprint
from filmdex.indexer.relevance import FilmTally, TagRule

SECOND = 1_000_000
MODEL = ModelFacts(
    "a" * 64,
    "tiny",
    "1",
    (
        TagFacts("Animation", "animation", "style", "measured", 0.5),
        TagFacts("War", "war", "violence and action", "weak", 0.25),
        TagFacts("Prison", "prison", "place", "untrained", None),
    ),
)
SKIP = 'name = "skip"\n[[rule]]\ntag = "Animation"\nthreshold = 0.5\naction = "skip"\n'
LOOK = 'name = "look"\n[[rule]]\ntag = "War"\naction = "review"\nseverity = "high"\n'
BLOCK = 'name = "block"\n[[rule]]\ntag = "Animation"\naction = "block"\n'
CELL = 'name = "cell"\n[[rule]]\ntag = "Prison"\naction = "skip"\n'


@dataclass(frozen=True)
class Home:
    """A home with a library; `run` is the command in it, in this process: imports take seconds."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "library.db"

    def run(self, *arguments: str | bytes | Path, stdin: str | io.StringIO = "") -> Said:
        environment = {
            "HOME": str(self.folder),
            "FILMDEX_DATABASE__PATH": str(self.database),
            "PATH": os.environ["PATH"],
            "LOGNAME": "somebody",
        }
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        handlers = {which: signal.getsignal(which) for which in (signal.SIGTERM, signal.SIGHUP)}
        typed = io.StringIO(stdin) if isinstance(stdin, str) else stdin
        with pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["filmdex", *map(os.fsdecode, arguments)])
            for name, stream in (("stdout", out), ("stderr", err), ("stdin", typed)):
                patch.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as ended:
                main()
        for which, handler in handlers.items():
            signal.signal(which, handler)
        said = []
        for stream in (out, err):
            stream.flush()
            stream.seek(0)
            said.append(stream.buffer.read().decode())
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Said(code or 0, *said)

    def policy(self, text: str) -> Path:
        path = self.folder / f"{text.split(chr(34))[1]}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def add(
        self,
        path: bytes,
        *vectors: tuple[float, float] | None,
        precision: Precision = Precision.EXACT,
    ) -> None:
        """Store a film of shots of a second each with these probabilities of Animation and War."""
        fd = os.open(path, os.O_RDONLY)
        identity, facts = fingerprint(fd), os.fstat(fd)
        os.close(fd)
        seen, tally = [], FilmTally((TagRule("Animation", 0, 0.5, 0, 0, 0),))
        for n, vector in enumerate(vectors):
            span, begins = Span(n * SECOND, (n + 1) * SECOND), Boundary(n * SECOND, n * SECOND)
            if vector is None:
                seen.append(SeenShot(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None), ()))
                continue
            look = (Sample(span.start_us + 480_000, ShotState.BLANK),)
            whole = (*vector, 0.0)
            seen.append(SeenShot(Shot(span, begins, ShotState.BLANK, look, whole), (None,)))
            tally.add(SECOND, whole, [])
        about = FilmFacts(
            "matroska", "mpeg4", 96, 64, 0, 25.0, len(vectors) * SECOND, 0, 25 * len(vectors), 0
        )
        with Store.open(self.database) as store, store.writing() as db:
            place = Location(path, facts.st_size, facts.st_mtime_ns)
            film_id = films.record(db, identity, place, 1, lambda _: False)
            model_id = models.register(db, MODEL)
            settings = RunSettings.of(precision)
            run_id = runs.begin(db, film_id, model_id, settings, "cpu", "0", about, 1)
            runs.append(db, run_id, 0, seen)
            runs.finish(db, run_id, about, tally.film_tags(about.duration_us), 2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "films").mkdir()
    return Home(tmp_path)


@pytest.fixture
def clip(home: Home) -> Path:
    takes = [Take(RED, 25), Take(GREEN, 25), Take(BLUE, 25)]
    return render(home.folder / "films" / "Three.mkv", takes)


CLEAR, DRAWN, WAR = (0.0, 0.0), (0.75, 0.0), (0.0, 0.5)


@pytest.mark.parametrize("how", [("--format", "csv", "--output"), ("--render",)])
def test_nothing_is_made_that_the_audit_could_not_tell_of(
    home: Home, clip: Path, how: tuple[str, ...]
) -> None:
    home.add(os.fsencode(clip), CLEAR, DRAWN, WAR)
    by = home.policy(SKIP)
    assert home.run("check", clip, "--policy", by).code == 4
    [key] = home.folder.rglob("audit.key")
    key.unlink()
    made = home.folder / "made.mkv"
    said = home.run("censor", clip, "--policy", by, *how, made)
    assert said.code == 1
    assert "the audit's key is gone" in said.err
    assert not made.exists()


def test_the_exit_code_is_the_verdict(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, DRAWN, WAR)
    other = home.folder / "films" / "other.mkv"
    other.write_bytes(b"no film, and no matter")
    home.add(os.fsencode(other), CLEAR, None)
    cases: list[tuple[str, tuple[str | Path, ...], int, str]] = [
        (SKIP, (clip,), 4, "allowed with cuts"),
        (BLOCK, (clip,), 4, "blocked"),
        (LOOK, (clip,), 5, "needs review"),
        (CELL, (clip,), 5, "unknown"),
        (SKIP, (other,), 5, "unknown"),
        (SKIP, ("id:1", "id:2"), 4, "unknown"),
        (SKIP, ("--all",), 4, "allowed with cuts"),
        (SKIP.replace("0.5", "0.8"), (clip,), 0, "allowed"),
        (CELL.replace("[[rule]]", 'on_untrained = "ignore"\n[[rule]]'), (clip,), 0, "allowed"),
    ]
    for text, names, code, word in cases:
        said = home.run("check", *names, "--policy", home.policy(text), "--json")
        assert said.code == code, (text, said.err)
        assert word in {row["verdict"] for row in json.loads(said.out)}, text
    verified = home.run("audit", "verify", "--json")
    assert json.loads(verified.out)["whole"]
    log = home.folder / ".local" / "state" / "filmdex" / "log" / "audit.log"
    noted = log.read_text(encoding="utf-8").splitlines()[-1].split()[1]
    assert home.run("audit", "verify", "--head", noted).code == 0
    with sqlite3.connect(home.database) as db:
        db.execute("DROP TRIGGER audit_refuses_delete")
        db.execute("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)")
    assert home.run("audit", "verify").code == 0
    broken = home.run("audit", "verify", "--head", noted)
    assert broken.code == 1
    assert "is missing, up to the noted head" in broken.out


def test_a_film_that_is_not_the_one_that_was_indexed_is_unknown(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR)
    by = home.policy(SKIP)
    assert home.run("check", clip, "--policy", by).code == 0
    moved = clip.rename(clip.with_name("moved.mkv"))
    assert home.run("check", moved, "--policy", by).code == 0
    clip.write_bytes(moved.read_bytes() + b"more")
    replaced = home.run("check", clip, "--policy", by)
    assert (replaced.code, "not in the library" in replaced.out) == (5, True)
    assert home.run("check", "nothing.mkv", "--policy", by).code == 1


def test_keyframes_give_provisional_verdicts(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, precision=Precision.KEYFRAMES)
    said = home.run("check", clip, "--policy", home.policy(SKIP))
    assert said.code == 5
    assert said.out.startswith("provisional")


def test_a_policy_with_mistakes_is_a_matter_of_usage(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR)
    wrong = home.policy(SKIP.replace("Animation", "Animatoin").replace("0.5", "1.5"))
    said = home.run("policy", "check", wrong)
    assert said.code == 2
    assert f"{wrong}:4:13: threshold 1.5" in said.err
    unknown = home.policy(SKIP.replace("Animation", "Animatoin"))
    said = home.run("check", clip, "--policy", unknown)
    assert said.code == 2
    assert "there is no tag 'Animatoin'; did you mean 'Animation' or 'Animal'?" in said.err
    assert home.run("policy", "check", home.policy(SKIP)).code == 0


def test_policies_are_listed_shown_begun_and_compared(home: Home, clip: Path) -> None:
    listed = json.loads(home.run("policy", "list", "--json").out)
    assert {"example-school", "example-family-evening"} <= {row["name"] for row in listed}
    assert home.run("policy", "new", "ours", "--from", "example-school").code == 0
    document = json.loads(home.run("policy", "show", "ours", "--json").out)
    assert document["name"] == "example: school"
    home.add(os.fsencode(clip), DRAWN)
    said = home.run("policy", "diff", home.policy(SKIP), home.policy(BLOCK), "--json")
    [row] = json.loads(said.out)
    assert (row["before"], row["after"]) == ("allowed with cuts", "blocked")
    assert said.err == "1 of 1 film change\n"


def test_reviews_come_in_as_json_and_decide(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), WAR, CLEAR, (0.0, 0.3125))
    by = home.policy(LOOK)
    queue = json.loads(home.run("review", "--policy", by, "--json").out)
    # As long and as grave as the other, but nearer to its threshold.
    assert [row["start_us"] for row in queue] == [2 * SECOND, 0]
    told = [row | {"decision": "reject", "note": "smoke only"} for row in queue]
    said = home.run("review", "--from", "-", "--reviewer", "Ada", stdin=json.dumps(told))
    assert said.code == 0, said.err
    assert home.run("check", clip, "--policy", by).code == 0
    assert home.run("review", "--policy", by).code == 3
    against = json.dumps(told[0] | {"decision": "accept"})
    assert home.run("review", "--from", "-", "--reviewer", "Ben", stdin=against).code == 0
    assert home.run("check", clip, "--policy", by).code == 5
    explained = json.loads(home.run("explain", clip, "--policy", by, "--json").out)
    assert explained["disputed"] == [{"tag": "War", "start_us": 2 * SECOND, "end_us": 3 * SECOND}]
    [evidence] = explained["evidence"]
    assert {review["reviewer"] for review in evidence["reviews"]} == {"Ada", "Ben"}
    third = home.run("review", "--from", "-", "--reviewer", "Cyd", stdin=json.dumps(told))
    assert third.code == 0
    assert home.run("check", clip, "--policy", by).code == 0
    rows = json.loads(home.run("review", "--said", "--json").out)
    assert [row["reviewer"] for row in rows] == ["Ada", "Ada", "Ben", "Cyd", "Cyd"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decision": "perhaps"}, "'perhaps' is not a valid Decision"),
        ({"start_us": 5}, "decision 1: not a span"),
        ({"end_us": "1"}, "end_us is no whole number"),
        ({"fingerprint": "0" * 32}, "no film has the fingerprint"),
        ({"start_us": 10 * SECOND, "end_us": 11 * SECOND}, "begins past the end"),
        ({"decision": "adjust"}, "ruled_start_us is missing"),
        ({"tag": 3}, "tag is no text"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    store: Store, change: dict[str, object], says: str
) -> None:
    from filling import add_film, index
    from filmdex.db.records import FilmIdentity
    from filmdex.indexer.reviewing import DecisionsError, read_decisions

    with store.writing() as db:
        film_id = add_film(db)
        index(db, film_id)
        film = films.read(db, film_id)
        assert isinstance(film.identity, FilmIdentity)
        good = {
            "fingerprint": film.identity.fingerprint,
            "tag": "War",
            "start_us": 0,
            "end_us": 1,
            "decision": "accept",
        }
        assert len(read_decisions(db, json.dumps(good), "Ada")) == 1
        with pytest.raises(DecisionsError, match=says):
            read_decisions(db, json.dumps(good | change), "Ada")
        for text in ("{", "3", "[3]"):
            with pytest.raises(DecisionsError):
                read_decisions(db, text, "Ada")


def test_outputs_go_beside_the_film_once_and_never_over_what_is_not_ours(
    home: Home, clip: Path
) -> None:
    home.add(os.fsencode(clip), CLEAR, DRAWN, CLEAR)
    by = home.policy(SKIP)
    order = ("censor", "--all", "--policy", by, "--format", "edl", "--format", "premis")
    first = home.run(*order)
    assert first.code == 0, first.err
    edl = clip.with_suffix(".edl")
    assert "0.999000\t1.999000\t0" in edl.read_text(encoding="utf-8")
    times = {path: path.stat().st_mtime_ns for path in clip.parent.iterdir()}
    again = home.run(*order)
    assert again.err.count("is up to date") == 2
    assert {path: path.stat().st_mtime_ns for path in clip.parent.iterdir()} == times
    home.policy(SKIP + "pad_after = 0.5\n")
    changed = home.run(*order)
    assert "is up to date" not in changed.err
    assert "2.499000" in edl.read_text(encoding="utf-8")
    edl.write_text("mine", encoding="utf-8")
    refused = home.run(*order)
    assert (refused.code, "is not what filmdex last wrote" in refused.err) == (1, True)
    assert edl.read_text(encoding="utf-8") == "mine"
    assert home.run(*order, "--force").code == 0
    assert edl.read_text(encoding="utf-8") != "mine"


def test_what_the_system_refuses_is_said_in_words(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), DRAWN)
    nowhere = home.folder / "no folder" / "out.csv"
    by = home.policy(SKIP)
    said = home.run("censor", clip, "--policy", by, "--format", "csv", "--output", nowhere)
    assert said.code == 1
    assert f"  csv: {nowhere.parent}" in said.err
    assert ": No such file or directory" in said.err
    assert "b'" not in said.err


def test_another_policy_takes_the_place_of_what_one_wrote(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, DRAWN, WAR)
    for text in (SKIP, LOOK, SKIP):
        said = home.run("censor", clip, "--policy", home.policy(text), "--format", "edl")
        assert "up to date" not in said.err
        assert home.policy(text).stem in clip.with_suffix(".edl").read_text(encoding="utf-8")
    again = home.run("censor", clip, "--policy", home.policy(SKIP), "--format", "edl")
    assert "up to date" in again.err


def test_where_the_folder_cannot_be_written_to_it_is_said_where_the_output_is(
    home: Home, clip: Path
) -> None:
    home.add(os.fsencode(clip), DRAWN)
    clip.parent.rename(home.folder / "elsewhere")
    said = home.run("censor", "id:1", "--policy", home.policy(SKIP), "--format", "csv")
    assert said.code == 0, said.err
    assert "the film's folder cannot be written to" in said.err
    [found] = (home.folder / ".local/share/filmdex/outputs").rglob("*.csv")
    assert str(found) in said.err


def test_a_name_of_any_bytes_goes_through(home: Home, clip: Path) -> None:
    name = os.fsencode(clip.parent) + b"/it's \"\xff\n\x1b[31m.mkv"
    clip.rename(os.fsdecode(name))
    home.add(name, DRAWN, CLEAR)
    by = home.policy(SKIP)
    assert home.run("check", name, "--policy", by).code == 4
    forms = [part for form in ("edl", "mpv", "html", "otio") for part in ("--format", form)]
    said = home.run("censor", name, "--policy", by, *forms)
    assert said.code == 0, said.err
    assert "\x1b" not in said.err
    written = sorted(clip.parent.iterdir())
    assert len(written) == 5
    assert name in next(path for path in written if path.name.endswith(".mpv.edl")).read_bytes()


class Terminal(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_slip_at_the_terminal_is_asked_again(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, WAR, CLEAR)
    typed = Terminal("x\nj\n1.x\n9\n1.2\n1.1\n1.48\nonly the end\n")
    said = home.run("review", "--policy", home.policy(LOOK), "--reviewer", "Ada", stdin=typed)
    assert said.code == 0, said.err
    assert "1.x" in said.out + said.err
    assert "9 is not from 0:00.000000 to 0:02.999999" in said.out + said.err
    assert "1.1 is not from 0:01.200001 to 0:03.000000" in said.out + said.err
    [row] = json.loads(home.run("review", "--said", "--json").out)
    assert (row["ruled_start_us"], row["ruled_end_us"]) == (1_200_000, 1_480_000)
    assert (row["decision"], row["note"]) == ("adjust", "only the end")


def test_there_is_nothing_to_explain_after_the_end(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, WAR)
    said = home.run("explain", clip, "--policy", home.policy(LOOK), "--at", "00:12:30")
    assert said.code == 2
    assert "Three ends at 0:02.0" in said.err


def test_what_an_output_was_made_by_is_in_the_audit(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), DRAWN)
    order = ("censor", clip, "--policy", home.policy(SKIP), "--format")
    assert home.run(*order, "csv").code == 0
    assert home.run(*order, "jsonl").code == 0
    kinds = [row["kind"] for row in json.loads(home.run("audit", "list", "--json").out)]
    assert kinds == ["policy", "model", "output", "output"]


def test_a_strip_and_a_copy_are_made_of_the_real_frames(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, DRAWN, CLEAR)
    by = home.policy(SKIP)
    strip = home.folder / "strip.html"
    said = home.run("explain", clip, "--policy", by, "--at", "1.5s", "--strip", strip)
    assert said.code == 0, said.err
    from base64 import b64decode

    import av
    from lxml import html

    [source] = html.fromstring(strip.read_bytes()).xpath("//img/@src")
    jpeg = home.folder / "picture.jpg"
    jpeg.write_bytes(b64decode(source.partition(",")[2]))
    with av.open(str(jpeg)) as container:
        [picture] = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert picture.mean(axis=(0, 1)).argmax() == 1  # the green take
    copy = home.folder / "copy.mkv"
    said = home.run("censor", clip, "--policy", by, "--render", copy)
    assert said.code == 0, said.err
    with av.open(str(copy)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    colours = [frame.mean(axis=(0, 1)).argmax() for frame in frames]
    assert colours == [0] * 25 + [2] * 25
    assert home.run("censor", clip, "--policy", by, "--render", copy).code == 1


def test_a_miss_rate_is_estimated_from_what_people_saw(home: Home, clip: Path) -> None:
    home.add(os.fsencode(clip), CLEAR, DRAWN, (0.4375, 0.0), CLEAR)
    by = home.policy(SKIP)
    drawn = home.folder / "sample.json"
    estimate: Callable[..., Said] = lambda *more: home.run(  # noqa: E731
        "policy", "estimate", "--policy", by, "--miss-rate", *more
    )
    assert estimate("--draw", drawn, "--size", "4").code == 0
    again = estimate("--draw", drawn)
    assert again.code == 1
    assert "exists already" in again.err
    assert "name another file" in again.err
    waiting = estimate("--sample", drawn)
    assert waiting.code == 1
    assert "wait for `filmdex review`" in waiting.err
    shots = json.loads(drawn.read_text(encoding="utf-8"))["shots"]
    assert {shot["start_us"] for shot in shots} >= {2 * SECOND}
    decisions = [
        shot | {"tag": "Animation", "decision": "accept" if shot["stratum"] == 3 else "reject"}
        for shot in shots
    ]
    home.run("review", "--from", "-", "--reviewer", "Ada", stdin=json.dumps(decisions))
    [row] = json.loads(estimate("--sample", drawn, "--json").out)
    assert row["misses"] == 1
    assert row["lower"] <= row["miss_rate"] <= row["upper"]
