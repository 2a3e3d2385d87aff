"""`filmdex model` as a person or a script uses it."""

import csv
import io
import json
import tomllib
from pathlib import Path

import pytest
from bundles import write_bundle
from clips import RED, Take, render
from commands import Run, at_home
from filmdex.indexer.bundle import load
from loopback import Reply, serving


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the installed command in a home of its own."""
    return at_home(tmp_path)


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "run" / "bundle").parent


def config(tmp_path: Path) -> Path:
    return tmp_path / ".config" / "filmdex" / "config.toml"


def test_a_model_is_used_until_another_is(run: Run, colours: Path, tmp_path: Path) -> None:
    config(tmp_path).parent.mkdir(parents=True)
    config(tmp_path).write_text("# mine\n[index]\njobs = 1  # one\n")
    said = run("model", "use", colours)
    assert (said.code, said.out) == (0, ""), said.err
    bundle = str(colours / "bundle")
    assert f"{config(tmp_path)}: model.bundle is now {bundle}" in said.err
    text = config(tmp_path).read_text()
    assert text.startswith("# mine\n[index]\njobs = 1  # one\n")
    assert tomllib.loads(text)["model"] == {"bundle": bundle}
    rows = json.loads(run("model", "list", "--json").out)
    used = [(row["name"], row["origin"]) for row in rows if row["in_use"]]
    assert used == [("colours", "folder")]
    assert json.loads(run("model", "info", "--json").out)["name"] == "colours"
    assert run("model", "use", "default").code == 0
    assert tomllib.loads(config(tmp_path).read_text())["model"] == {"bundle": "default"}


def test_a_model_that_is_damaged_is_not_used(run: Run, colours: Path, tmp_path: Path) -> None:
    (colours / "bundle" / "head.onnx").write_bytes(b"")
    said = run("model", "use", colours)
    assert said.code == 1
    assert "head.onnx is not the file of colours 1" in said.err
    assert not config(tmp_path).exists()


def test_what_goes_before_the_file_is_told(run: Run, colours: Path) -> None:
    said = run("model", "use", colours, FILMDEX_MODEL__BUNDLE="default")
    assert said.code == 0
    assert "FILMDEX_MODEL__BUNDLE goes before it" in said.err


def test_another_configuration_may_be_named(run: Run, colours: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("")
    assert run("model", "use", colours, "--config", own).code == 0
    assert tomllib.loads(own.read_text())["model"]["bundle"] == str(colours / "bundle")
    assert not config(tmp_path).exists()


def test_verify_takes_a_run_and_says_the_precision(run: Run, colours: Path) -> None:
    said = run("model", "verify", colours, "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["precision"], told["provider"]) == ("float32", "cpu")
    assert told["path"] == str(colours / "bundle")
    said = run("model", "verify", colours, FILMDEX_MODEL__PRECISION="int8")
    assert said.code == 1
    assert "colours 1 has no int8 backbone, only float32" in said.err


def test_index_takes_a_run(run: Run, colours: Path, tmp_path: Path) -> None:
    film = render(tmp_path / "film.mkv", [Take(RED, 25)])
    said = run("index", "--model", colours, film)
    assert said.code == 0, said.err
    assert json.loads(run("show", film, "--json").out)["model"]["name"] == "colours"


@pytest.mark.parametrize("words", [("use", "nothing"), ("info", "nothing"), ("verify", "x:1")])
def test_a_model_that_is_not_there_is_said(run: Run, words: tuple[str, str]) -> None:
    said = run("model", *words)
    assert (said.code, said.out) == (1, "")
    assert f"no model {words[1]!r}" in said.err
    assert "filmdex model list" in said.err


def test_a_model_is_pulled_by_its_digest_and_used(
    run: Run, bundle_path: Path, tmp_path: Path
) -> None:
    digest = load(bundle_path).digest
    with serving() as site:
        for path in bundle_path.iterdir():
            site.replies[f"/m/{path.name}"] = Reply(path.read_bytes())
        assert run("model", "pull", f"{site.url}/m/").code == 2
        both = run("model", "pull", f"{site.url}/m/", "--sha256", digest, "--trust-first")
        assert both.code == 2
        assert site.asked == []
        wrong = run("model", "pull", f"{site.url}/m/", "--sha256", "0" * 64)
        assert wrong.code == 1
        assert "nothing was installed" in wrong.err
        said = run("model", "pull", f"{site.url}/m/", "--sha256", digest.upper(), "--use")
        assert (said.code, said.out) == (0, ""), said.err
        assert f"colours:1 ({digest}) is installed" in said.err
    assert tomllib.loads(config(tmp_path).read_text())["model"] == {"bundle": "colours:1"}
    rows = {row["name"]: row for row in json.loads(run("model", "list", "--json").out)}
    assert rows["colours"]["digest"] == digest
    assert rows["colours"]["origin"] == "installed"
    assert (rows["colours"]["in_use"], rows["default"]["in_use"]) == (True, False)
    table = run("model", "list").out.splitlines()
    assert next(line for line in table if line.startswith("*")).split()[1] == "colours:1"
    assert next(iter(csv.DictReader(io.StringIO(run("model", "list", "--csv").out))))["name"]


def test_what_comes_first_may_be_trusted(run: Run, bundle_path: Path) -> None:
    with serving() as site:
        for path in bundle_path.iterdir():
            site.replies[f"/m/{path.name}"] = Reply(path.read_bytes())
        said = run("model", "pull", f"{site.url}/m", "--trust-first")
    assert said.code == 0, said.err
    assert load(bundle_path).digest in said.err
    assert "`filmdex model use colours:1`" in said.err


def test_a_pulled_model_that_answers_wrongly_is_not_installed(
    run: Run, bundle_path: Path, tmp_path: Path
) -> None:
    card = json.loads((bundle_path / "model.json").read_text())
    card["golden"]["probabilities"] = [[0.9] * 5] * 2
    with serving() as site:
        for path in bundle_path.iterdir():
            site.replies[f"/m/{path.name}"] = Reply(path.read_bytes())
        site.replies["/m/model.json"] = Reply(json.dumps(card).encode())
        said = run("model", "pull", f"{site.url}/m/", "--trust-first")
    assert said.code == 1
    assert "golden input" in said.err
    assert list((tmp_path / ".local/share/filmdex/models").iterdir()) == []
