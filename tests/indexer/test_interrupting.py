"""Interrupted, killed, and two at once: what a library looks like afterwards."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clips import BLUE, RED, Take, render
from daemons import children

FILMDEX = Path(sys.executable).with_name("filmdex")
PATIENCE_S = 60


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three films that take a while."""
    folder = tmp_path_factory.mktemp("films")
    for n in range(3):
        render(folder / f"film {n}.mkv", [Take(RED, 40 + n), Take(BLUE, 40)] * 25)
    return folder


@pytest.fixture
def environment(tmp_path: Path, bundle_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "FILMDEX_MODEL__BUNDLE": str(bundle_path),
        "FILMDEX_DATABASE__PATH": str(tmp_path / "library.db"),
    }


@contextmanager
def indexing(
    films: Path, environment: dict[str, str], *more: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `filmdex index` as the leader of its own group, as a shell would."""
    process = subprocess.Popen(
        [FILMDEX, "index", films, *more],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def wait_for_children(process: subprocess.Popen[str], count: int = 1) -> list[int]:
    ends = time.monotonic() + PATIENCE_S
    while len(found := children(process.pid)) < count:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < ends
    return found


def rows(environment: dict[str, str], query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(environment["FILMDEX_DATABASE__PATH"])
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_what_decodes_stands_back_for_other_programs(
    films: Path, environment: dict[str, str]
) -> None:
    with indexing(films, environment | {"FILMDEX_INDEX__NICE": "17"}) as process:
        kids = wait_for_children(process)
        assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in (process.pid, *kids)} == {17}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_fails_no_film(
    films: Path, environment: dict[str, str], how: signal.Signals
) -> None:
    with indexing(films, environment, "--jobs", "2") as process:
        kids = wait_for_children(process, 2)
        os.killpg(process.pid, how)
        _, words = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "interrupted" in words
    assert "failed" not in words
    assert rows(
        environment, "SELECT count(*) FROM job WHERE state NOT IN ('queued', 'indexed')"
    ) == [(0,)]
    assert not any(Path(f"/proc/{kid}").exists() for kid in kids)


def test_a_killed_run_leaves_no_children_and_is_taken_over(
    films: Path, environment: dict[str, str]
) -> None:
    with indexing(films, environment) as process:
        kids = wait_for_children(process)
        process.kill()
        process.wait(PATIENCE_S)
    ends = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{kid}").exists() for kid in kids):
        assert time.monotonic() < ends
    assert rows(environment, "PRAGMA integrity_check") == [("ok",)]
    listed = subprocess.run([FILMDEX, "films"], env=environment, capture_output=True, text=True)
    assert "interrupted; index it again" in listed.stdout
    with indexing(films, environment) as again:
        _, words = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, words
    assert rows(environment, "SELECT state, count(*) FROM job GROUP BY state") == [("indexed", 3)]
    assert rows(environment, "SELECT state, count(*) FROM index_run GROUP BY state") == [
        ("complete", 3)
    ]


def test_two_at_once_do_no_film_twice(films: Path, environment: dict[str, str]) -> None:
    with indexing(films, environment) as first, indexing(films, environment) as second:
        said = [process.communicate(timeout=PATIENCE_S)[1] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], said
    assert rows(environment, "SELECT count(*), count(DISTINCT film_id) FROM index_run") == [(3, 3)]
    assert sum(words.count("indexed /") for words in said) == 3
