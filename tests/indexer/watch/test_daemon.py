"""The daemon as a process: films in, signals, systemd, people's words, and others beside it."""

import json
import os
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from clips import BLUE, GREEN, RED, Take, render
from daemons import (
    FILMDEX,
    PATIENCE_S,
    ask,
    children,
    daemon,
    end,
    environment,
    exact_films,
    stored,
    wait_until,
)

SHORT = [Take(RED, 30), Take(GREEN, 30), Take(BLUE, 30)]
LONG = [Take((RED, GREEN, BLUE)[n % 3], 20 + n % 5) for n in range(400)]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [render(folder / f"film {n}.mkv", [*SHORT, Take(RED, 10 + n)]) for n in range(3)]


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("long") / "long.mkv", LONG)


@pytest.fixture
def env(tmp_path: Path, bundle_path: Path) -> dict[str, str]:
    return environment(tmp_path, bundle_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


def drop(folder: Path, *clips: Path) -> None:
    for clip in clips:
        os.link(clip, folder / clip.name)


def run(env: dict[str, str], *words: str | Path) -> str:
    done = subprocess.run([FILMDEX, *words], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _listen(line: socket.socket, said: list[str]) -> None:
    while words := line.recv(4096):
        said.extend(words.decode().split("\n"))


@pytest.fixture
def systemd(tmp_path: Path, env: dict[str, str]) -> Iterator[list[str]]:
    """Stand in for systemd's end of the line; what was said gathers in the list."""
    said: list[str] = []
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as line:
        line.bind(str(tmp_path / "notify"))
        env |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"}
        ear = threading.Thread(target=_listen, args=(line, said))
        ear.start()
        try:
            yield said
        finally:
            with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as last:
                last.sendto(b"", str(tmp_path / "notify"))
            ear.join()


def test_what_lies_in_a_folder_and_what_comes_later_ends_up_exact(
    env: dict[str, str], folder: Path, clips: list[Path], systemd: list[str], tmp_path: Path
) -> None:
    drop(folder, clips[0])
    with daemon(folder, env, log=tmp_path / "log") as process:
        wait_until(lambda: exact_films(env) == 1, process)
        drop(folder, clips[1])
        wait_until(lambda: exact_films(env) == 2, process)
        moved = folder / "elsewhere" / "another name.mkv"
        moved.parent.mkdir()
        (folder / clips[0].name).rename(moved)
        wait_until(lambda: places(env) == {moved.name, clips[1].name}, process)
        wait_until(lambda: "WATCHDOG=1" in systemd, process)
        assert end(process) < 10
    passes = ask(env, "SELECT precision, count(*) FROM index_run GROUP BY 1 ORDER BY 1")
    assert passes == [("exact", 2), ("keyframes", 2)]
    assert systemd[0] == "READY=1"
    assert any(line.startswith("STATUS=") for line in systemd)
    assert systemd[-1] == "STOPPING=1"


def places(env: dict[str, str]) -> set[str]:
    found = ask(env, "SELECT path_shown FROM location WHERE missing_us IS NULL")
    return {Path(path).name for (path,) in found}


@pytest.mark.long
def test_term_ends_within_ten_seconds_and_what_was_finished_is_gone_on_from(
    env: dict[str, str], folder: Path, long_clip: Path, tmp_path: Path
) -> None:
    drop(folder, long_clip)
    env["FILMDEX_WATCH__EXACT"] = "never"
    times = []
    while not ask(env, "SELECT 1 FROM film WHERE current_run_id IS NOT NULL"):
        kept = shots(env)
        with daemon(folder, env, log=tmp_path / "log") as process:
            wait_until(lambda before=kept: shots(env) > before or done(env), process)
            times.append(end(process))
        assert ask(env, "SELECT count(*) FROM job WHERE state = 'running'") == [(0,)]
        assert shots(env) >= kept
    assert max(times) < 10
    undisturbed = env | {"FILMDEX_DATABASE__PATH": str(tmp_path / "undisturbed.db")}
    run(undisturbed, "index", "-q", "--precision", "keyframes", folder)
    assert stored(env) == stored(undisturbed)


def shots(env: dict[str, str]) -> int:
    found = ask(env, "SELECT count(*) FROM shot")
    return int(found[0][0]) if found else 0


def done(env: dict[str, str]) -> bool:
    return bool(ask(env, "SELECT 1 FROM film WHERE current_run_id IS NOT NULL"))


@pytest.mark.long
def test_a_wrong_configuration_is_refused_and_the_old_one_stays(
    env: dict[str, str], folder: Path, clips: list[Path], tmp_path: Path
) -> None:
    config, other = tmp_path / "config.toml", tmp_path / "other"
    other.mkdir()
    drop(folder, clips[0])
    drop(other, clips[1])
    config.write_text(f'[[watch.roots]]\npath = "{folder}"\n', encoding="utf-8")
    log = tmp_path / "log"
    with daemon(None, env, "--config", str(config), log=log) as process:
        wait_until(lambda: exact_films(env) == 1, process)
        config.write_text("[watch]\nhours = 'noon'\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "refused" in log.read_text(encoding="utf-8"), process)
        drop(folder, clips[2])
        wait_until(lambda: exact_films(env) == 2, process)
        config.write_text(
            f'[[watch.roots]]\npath = "{folder}"\n[[watch.roots]]\npath = "{other}"\n',
            encoding="utf-8",
        )
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: exact_films(env) == 3, process)
        assert end(process) < 10


@pytest.mark.long
def test_pausing_frees_the_machine_and_resuming_goes_on(
    env: dict[str, str], folder: Path, long_clip: Path, tmp_path: Path
) -> None:
    drop(folder, long_clip)
    with daemon(folder, env, log=tmp_path / "log") as process:
        wait_until(lambda: bool(children(process.pid)), process)
        run(env, "pause")
        wait_until(lambda: not children(process.pid), process)
        assert "Paused" in run(env, "status")
        assert ask(env, "SELECT state, attempts FROM job") == [("queued", 0)]
        run(env, "resume")
        wait_until(lambda: exact_films(env) == 1, process)
        end(process)


@pytest.mark.long
def test_two_daemons_and_an_index_do_no_film_twice(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    for n in range(8):
        render(folder / f"film {n}.mkv", [*LONG[:60], Take(BLUE, 10 + n)])
    logs = [tmp_path / "first", tmp_path / "second"]
    with daemon(folder, env, log=logs[0]) as one, daemon(folder, env, log=logs[1]) as two:
        index = subprocess.run([FILMDEX, "index", "-q", folder], env=env, capture_output=True)
        assert index.returncode == 0, index.stderr
        wait_until(lambda: exact_films(env) == 8, one)
        end(one)
        end(two)
    twice = "SELECT film_id FROM index_run GROUP BY film_id, precision HAVING count(*) > 1"
    assert ask(env, twice) == []
    assert ask(env, "SELECT state, count(*) FROM job GROUP BY 1") == [("indexed", 8)]


@pytest.mark.long
def test_it_tells_how_it_goes_in_every_way(
    env: dict[str, str], folder: Path, clips: list[Path], tmp_path: Path
) -> None:
    drop(folder, *clips)
    (folder / "bad.mkv").write_bytes(b"no film")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env |= {"FILMDEX_WATCH__HTTP_PORT": str(port)}
    with daemon(folder, env, log=tmp_path / "log") as process:
        wait_until(lambda: exact_films(env) == 3, process)
        wait_until(lambda: "filmdex_films_total 6.0" in fetched(port, "metrics"), process)
        assert fetched(port, "healthz") == "ok\n"
        assert fetched(port, "readyz") == "ready\n"
        metrics = fetched(port, "metrics")
        assert 'filmdex_jobs{state="failed"} 1.0' in metrics
        assert 'filmdex_provider{name="cpu"} 1.0' in metrics
        for stage in ("decoder", "network", "storing"):
            assert f'filmdex_stage_seconds_total{{stage="{stage}"}}' in metrics
        (told,) = json.loads(run(env, "status", "--json"))["daemons"]
        assert told["pid"] == process.pid
        [root] = told["roots"]
        assert root["path"] == str(folder)
        assert root["how"] == "events"
        assert "bad.mkv" in told["problems"][0]["about"]
        words = run(env, "status")
        assert "last full pass" in words
        end(process)
    [failed] = [row for row in json.loads(run(env, "jobs", "--json")) if row["state"] == "failed"]
    assert "no film that filmdex can read" in failed["reason"]
    run(env, "jobs", "retry", f"id:{failed['film']}")
    assert ask(env, "SELECT count(*) FROM job WHERE state = 'failed'") == [(0,)]
    run(env, "jobs", "cancel", f"id:{failed['film']}")
    assert ask(env, "SELECT error_kind FROM job WHERE state = 'failed'") == [("Cancelled",)]
    run(env, "jobs", "raise", f"id:{failed['film']}", "--by", "5")
    assert ask(env, "SELECT priority FROM job WHERE state = 'failed'") == [(5,)]
    assert json.loads(run(env, "status", "--json"))["daemons"] == []


def fetched(port: int, page: str) -> str:
    with (
        suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=PATIENCE_S) as answer,
    ):
        return str(answer.read().decode())
    return ""


@pytest.mark.long
def test_under_the_journal_each_line_is_an_object(
    env: dict[str, str], folder: Path, clips: list[Path], tmp_path: Path
) -> None:
    drop(folder, clips[0])
    log = tmp_path / "log"
    log.touch()
    facts = log.stat()
    env |= {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}", "FILMDEX_WATCH__EXACT": "never"}
    with daemon(folder, env, log=log) as process:
        wait_until(lambda: done(env), process)
        end(process)
    lines = log.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line.removeprefix("<6>")) for line in lines]
    assert [row["event"] for row in rows] == ["started", "indexed", "ended"]
    assert rows[1]["path"] == str(folder / clips[0].name)
    assert rows[1]["shots"] == 4


@pytest.mark.long
def test_a_person_may_accept_that_most_of_a_root_was_deleted(
    env: dict[str, str], folder: Path, clips: list[Path], tmp_path: Path
) -> None:
    drop(folder, *clips)
    log = tmp_path / "log"
    with daemon(folder, env, log=log) as process:
        wait_until(lambda: exact_films(env) == 3, process)
        for clip in clips[:2]:
            (folder / clip.name).unlink()
        wait_until(lambda: "vanished at once" in log.read_text(encoding="utf-8"), process)
        wait_until(lambda: "FROZEN" in run(env, "status"), process)
        assert places(env) == {clip.name for clip in clips}
        run(env, "accept", folder)
        wait_until(lambda: "is itself again" in log.read_text(encoding="utf-8"), process)
        assert places(env) == {clips[2].name}
        drop(folder, clips[0])
        wait_until(lambda: places(env) == {clips[0].name, clips[2].name}, process)
        assert "1 film kept, whose files are gone" in run(env, "status")
        end(process)
    # What came back was known: it was not indexed again.
    assert ask(env, "SELECT count(*) FROM index_run") == [(6,)]
