"""What a year brings: full disks, locked databases, shares that go, children that die."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
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

pytestmark = pytest.mark.long

LONG = [Take((RED, GREEN, BLUE)[n % 3], 12 + n % 5) for n in range(150)]


@pytest.fixture
def env(tmp_path: Path, bundle_path: Path) -> dict[str, str]:
    return environment(tmp_path, bundle_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


def film(folder: Path, number: int) -> Path:
    return render(folder / f"film {number}.mkv", [*LONG, Take(RED, 10 + number)])


def log_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def as_undisturbed(env: dict[str, str], folder: Path, tmp_path: Path) -> bool:
    """Whether all that is stored is what an undisturbed run stores."""
    other = env | {"FILMDEX_DATABASE__PATH": str(tmp_path / "undisturbed.db")}
    subprocess.run([FILMDEX, "index", "-q", folder], env=other, check=True)
    return stored(env) == stored(other)


@contextmanager
def mounted(where: Path, size: str) -> Iterator[Path]:
    """Give a small tmpfs; only root may."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    where.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "filmdex-test", str(where)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", where], check=True)


def test_a_full_disk_stops_the_work_and_nothing_is_lost(
    tmp_path: Path, bundle_path: Path, folder: Path
) -> None:
    log = tmp_path / "log"
    with mounted(tmp_path / "small", "4m") as small:
        env = environment(small, bundle_path)
        with daemon(folder, env, log=log) as process:
            wait_until(lambda: bool(ask(env, "SELECT 1 FROM daemon")), process)
            filler = small / "filler"
            fill_up(filler)
            for number in range(2):
                film(folder, number)
            wait_until(lambda: "full" in log_of(log), process)
            filler.unlink()
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            wait_until(lambda: exact_films(env) == 2, process)
            assert end(process) < 10
        assert ask(env, "PRAGMA integrity_check") == [("ok",)]
        assert ask(env, "SELECT state, attempts FROM job") == [("indexed", 0)] * 2
        assert as_undisturbed(env, folder, tmp_path)


def fill_up(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_database_that_another_process_locks_for_over_a_minute(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    film(folder, 0)
    with daemon(folder, env, log=log) as process:
        wait_until(lambda: bool(children(process.pid)), process)
        with closing(sqlite3.connect(env["FILMDEX_DATABASE__PATH"], timeout=60)) as other:
            other.execute("BEGIN EXCLUSIVE")
            # Longer than the minute for which writers wait.
            wait_until(lambda: "locked" in log_of(log), process)
            other.rollback()
        wait_until(lambda: exact_films(env) == 1, process)
        assert end(process) < 10
    assert ask(env, "SELECT state, attempts FROM job") == [("indexed", 0)]
    assert as_undisturbed(env, folder, tmp_path)


def test_media_that_cannot_be_written_to_are_indexed(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    with mounted(folder, "64m"):
        film(folder, 0)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        with daemon(folder, env, log=tmp_path / "log") as process:
            wait_until(lambda: exact_films(env) == 1, process)
            end(process)


def test_a_share_that_goes_and_comes_back(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    kept = tmp_path / "kept"
    kept.mkdir()
    film(kept, 0)
    where = ask_places(env)
    with daemon(folder, env, log=log) as process:
        with mounted(folder, "64m"):
            shutil.copy2(kept / "film 0.mkv", folder)
            wait_until(lambda: exact_films(env) == 1, process)
            where = ask_places(env)
        wait_until(lambda: "is frozen" in log_of(log), process)
        assert ask_places(env) == where
        with mounted(folder, "64m"):
            shutil.copy2(kept / "film 0.mkv", folder)
            wait_until(lambda: "is itself again" in log_of(log), process)
            assert ask_places(env) == where
            end(process)
    assert ask(env, "SELECT count(*) FROM index_run") == [(2,)]


def ask_places(env: dict[str, str]) -> list[object]:
    return ask(env, "SELECT path, film_id, size, mtime_ns, missing_us FROM location")


def test_a_file_that_is_replaced_while_it_is_read(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    first = film(folder, 0)
    other = film(tmp_path, 1)
    with daemon(folder, env, log=log) as process:
        wait_until(lambda: bool(children(process.pid)), process)
        with first.open("r+b") as file:  # in place: the reader sees it change
            file.write(other.read_bytes())
            file.truncate()
        wait_until(lambda: exact_films(env) == 1, process)
        wait_until(lambda: not children(process.pid), process)
        end(process)
    there = ask(
        env,
        "SELECT film.size FROM location JOIN film ON film.id = location.film_id "
        "JOIN index_run ON index_run.id = current_run_id WHERE missing_us IS NULL",
    )
    assert there == [(first.stat().st_size,)]


@pytest.mark.parametrize("how", ["stopped", "killed", "out of memory"])
def test_a_child_that_stops_or_dies_costs_one_attempt_and_is_made_up_for(
    env: dict[str, str], folder: Path, tmp_path: Path, how: str
) -> None:
    log = tmp_path / "log"
    film(folder, 0)
    env["FILMDEX_LIMITS__SILENCE_SECONDS"] = "3"
    with daemon(folder, env, log=log) as process:
        wait_until(lambda: bool(children(process.pid)), process)
        [child] = children(process.pid)
        match how:
            case "stopped":
                os.kill(child, signal.SIGSTOP)
            case "killed":
                os.kill(child, signal.SIGSEGV)
            case "out of memory":
                resource.prlimit(child, resource.RLIMIT_DATA, (2**20, 2**20))
        wait_until(lambda: failed_once(env), process)
        # People need not wait for the next attempt's time.
        subprocess.run([FILMDEX, "jobs", "retry", "id:1"], env=env, check=True)
        wait_until(lambda: exact_films(env) == 1, process)
        end(process)
    reason = {"stopped": "hung", "killed": "crashed", "out of memory": "MB to decode"}[how]
    assert reason in log_of(log) or "decoding process ended" in log_of(log)
    assert as_undisturbed(env, folder, tmp_path)


def failed_once(env: dict[str, str]) -> bool:
    return ask(env, "SELECT state, attempts FROM job") == [("queued", 1)]


def test_a_child_that_is_stopped_for_a_moment_goes_on(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    film(folder, 0)
    with daemon(folder, env, log=tmp_path / "log") as process:
        wait_until(lambda: bool(children(process.pid)), process)
        [child] = children(process.pid)
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        os.kill(child, signal.SIGCONT)
        wait_until(lambda: exact_films(env) == 1, process)
        end(process)
    assert ask(env, "SELECT attempts FROM job") == [(0,)]
    assert as_undisturbed(env, folder, tmp_path)


def test_ten_thousand_files_dropped_in_at_once(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    """Files that nobody works on yet, since the work is paused: all are taken and queued."""
    subprocess.run([FILMDEX, "pause"], env=env, check=True)
    with daemon(folder, env, log=tmp_path / "log") as process:
        wait_until(lambda: bool(ask(env, "SELECT 1 FROM daemon")), process)
        for number in range(10_000):
            (folder / f"{number:05}.mkv").write_bytes(b"film %d" % number)
        counted = "SELECT count(*) FROM location"
        wait_until(lambda: ask(env, counted) == [(10_000,)], process, 5 * PATIENCE_S)
        assert ask(env, "SELECT state, count(*) FROM job GROUP BY 1") == [("queued", 10_000)]
        assert end(process) < 10


def test_past_the_limit_of_inotify_a_root_is_polled_and_misses_nothing(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    unshare = ["unshare", "-Ur", "sh", "-c"]
    limit = "echo 3 > /proc/sys/user/max_inotify_watches"
    if subprocess.run([*unshare, limit], capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    for name in "abcde":
        (folder / name).mkdir()
    log = tmp_path / "log"
    command = [*unshare, f'{limit} && exec "$0" watch "$1"', FILMDEX, folder]
    with log.open("wb") as words, subprocess.Popen(command, env=env, stderr=words) as process:
        try:
            report = "SELECT report FROM daemon"
            polled = "polling because the limit of inotify is reached"
            wait_until(lambda: polled in str(ask(env, report)), process)
            film(folder / "e", 0)
            wait_until(lambda: exact_films(env) == 1, process)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
