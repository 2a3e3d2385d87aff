"""Running `filmdex watch` as a process of its own, and looking at what it leaves behind."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from filmdex.db import upkeep

FILMDEX = Path(sys.executable).with_name("filmdex")
PATIENCE_S = 120
# Everything that is stored of films by name, but for when it was made and under which number.
STORED = {
    "runs": "SELECT title, precision, settings, provider, container, codec, width, height, "
    "rotation, frame_rate, container_offset_us, duration_us, frames, decode_errors, shots, tally "
    "FROM film JOIN index_run ON index_run.id = current_run_id ORDER BY title",
    "shots": "SELECT title, ordinal, start_us, end_us, early_us, late_us, shot.state, samples, "
    "probabilities FROM film JOIN shot ON run_id = current_run_id ORDER BY 1, 2",
    # The blocks end where stretches did; what lies in them is the same.
    "embeddings": "SELECT title, sum(length(owners)), group_concat(hex(vectors), '') FROM "
    "(SELECT title, owners, vectors FROM film JOIN embedding_block ON run_id = current_run_id "
    "ORDER BY title, first) GROUP BY title ORDER BY title",
    "film tags": "SELECT title, tag.name, relevance, weight, seconds, coverage, peak, present "
    "FROM film JOIN film_tag ON run_id = current_run_id JOIN tag ON tag.id = tag_id ORDER BY 1, 2",
}
WAITING = "SELECT count(*) FROM job WHERE state != 'indexed'"


def environment(home: Path, bundle: Path, **more: str) -> dict[str, str]:
    """Name a library, a model and short times; more settings by SECTION__KEY."""
    settings = {
        "MODEL__BUNDLE": str(bundle),
        "DATABASE__PATH": str(home / "library.db"),
        "WATCH__SETTLE_SECONDS": "0.2",
        "WATCH__INTERVAL_SECONDS": "1",
        **more,
    }
    named = {f"FILMDEX_{key}": value for key, value in settings.items()}
    return {"HOME": str(home), "LANG": "C.UTF-8", "PATH": os.environ["PATH"], **named}


@contextmanager
def daemon(
    folder: Path | None, env: Mapping[str, str], *more: str, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon; it is killed at the end if it still runs, and its children with it."""
    with open(log or os.devnull, "ab") as words:
        process = subprocess.Popen(
            [FILMDEX, "watch", *([folder] if folder else []), *more],
            env=dict(env),
            stderr=words,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(
    true: Callable[[], bool],
    process: subprocess.Popen[bytes] | None = None,
    patience_s: float = PATIENCE_S,
) -> None:
    """Wait for something to become true, while the process lives."""
    ends_s = time.monotonic() + patience_s
    while not true():
        assert process is None or process.poll() is None, f"ended with {process.returncode}"
        assert time.monotonic() < ends_s, "waited in vain"
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)


def ask(env: Mapping[str, str], query: str, *values: object) -> list[Any]:
    """Ask SQLite itself; nothing if the database or a table is not there yet."""
    path = Path(env["FILMDEX_DATABASE__PATH"])
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def exact_films(env: Mapping[str, str]) -> int:
    """Count the films whose current run is exact."""
    found = ask(
        env,
        "SELECT count(*) FROM film JOIN index_run ON index_run.id = current_run_id "
        "WHERE precision = 'exact'",
    )
    return int(found[0][0]) if found else 0


def stored(env: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return everything that is stored of films; what search reads is made from it, and sound."""
    assert list(upkeep.faults(Path(env["FILMDEX_DATABASE__PATH"]))) == []
    return {name: ask(env, query) for name, query in STORED.items()}


def end(process: subprocess.Popen[bytes]) -> float:
    """Tell a daemon to end; return how long it took."""
    began_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    return time.monotonic() - began_s


def descendants(pid: int) -> list[int]:
    """Name the children of a process, and theirs."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def children(pid: int) -> list[int]:
    """Name the children of a process, of all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended meanwhile
            found += map(int, task.read_text(encoding="ascii").split())
    return found
