"""kill -9, two hundred times: whatever the moment, the library ends up as if nothing had been."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clips import BLUE, GREEN, RED, Take, render
from daemons import (
    FILMDEX,
    PATIENCE_S,
    ask,
    daemon,
    end,
    environment,
    exact_films,
    stored,
    wait_until,
)
from filmdex.indexer.owner import this_process

# Longer than a film takes, most of the time.
LONGEST_S = 2.0


def film(folder: Path, number: int) -> Path:
    """Render a film of 100 shots, like no other."""
    takes = [Take((RED, GREEN, BLUE)[n % 3], 8 + (n * 7 + number) % 5) for n in range(100)]
    return render(folder / f"film {number}.mkv", [*takes, Take(RED, 10 + number)])


def works(pid: int, env: dict[str, str]) -> bool:
    """Whether this very process has a film."""
    running = ask(env, "SELECT owner FROM job WHERE state = 'running'")
    host, boot, namespace, _, _ = this_process().split(" ")
    return any(owner.startswith(f"{host} {boot} {namespace} {pid} ") for (owner,) in running)


def kill_again_and_again(tmp_path: Path, bundle: Path, kills: int, seed: int) -> Iterator[str]:
    chance = random.Random(seed)  # noqa: S311
    folder = tmp_path / "films"
    folder.mkdir()
    env = environment(tmp_path, bundle)
    films = 0
    caught = 0
    for _ in range(kills):
        while films - exact_films(env) < 2:  # there is always something to do
            film(folder, films)
            films += 1
        with daemon(folder, env, log=tmp_path / "log") as process:
            if chance.random() < 0.9:  # the others die while the program is starting
                wait_until(lambda: works(process.pid, env), process)
            try:
                process.wait(chance.uniform(0.0, LONGEST_S))
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait(PATIENCE_S)
        running = ask(env, "SELECT count(*) FROM job WHERE state = 'running'")
        caught += bool(running and running[0][0])
        assert ask(env, "PRAGMA integrity_check") in ([("ok",)], [])
    last = tmp_path / "last"
    with daemon(folder, env, log=last) as process:
        wait_until(lambda: "watching" in last.read_text(encoding="utf-8"), process)
        wait_until(lambda: exact_films(env) == films, process)
        end(process)
    yield f"{kills} kills, {caught} of them with a film under way, {films} films"

    assert ask(env, "PRAGMA integrity_check") == [("ok",)]
    assert ask(env, "PRAGMA foreign_key_check") == []
    assert ask(env, "SELECT state, count(*) FROM job GROUP BY 1") == [("indexed", films)]
    assert ask(env, "SELECT count(*), count(DISTINCT film_id) FROM location") == [(films, films)]
    twice = "SELECT film_id FROM index_run GROUP BY film_id, precision HAVING count(*) > 1"
    assert ask(env, twice) == []
    assert ask(env, "SELECT count(*) FROM index_run WHERE state = 'building'") == [(0,)]

    undisturbed = env | {"FILMDEX_DATABASE__PATH": str(tmp_path / "undisturbed.db")}
    subprocess.run([FILMDEX, "index", "-q", folder], env=undisturbed, check=True)
    after, before = stored(env), stored(undisturbed)
    for name in before:
        assert after[name] == before[name], name
    assert len(before["shots"]) > 90 * films


@pytest.mark.long
@pytest.mark.parametrize("kills", [200])
def test_a_daemon_that_is_killed_at_any_moment_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, bundle_path: Path, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    with capsys.disabled():
        sys.stdout.write(f"seed {seed}\n")
        for words in kill_again_and_again(tmp_path, bundle_path, kills, seed):
            sys.stdout.write(f"{words}\n")
