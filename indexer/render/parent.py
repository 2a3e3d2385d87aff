"""Running a confined child: starting it, hearing it out, and ending it whatever happens."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from ...db.errors import LimitError, MediaError, WorkerError
from ..confinement import environment
from ..worker import Limits

LAST_WORDS = 300


def run_child(
    module: str,
    film_fd: int,
    out_fd: int,
    orders: Mapping[str, Any],
    limits: Limits,
    heard: Callable[[dict[str, Any]], None],
) -> None:
    """Run a child module on a film; pass on what it tells.

    Raises MediaError, LimitError, WorkerError or OSError, as the child fares. Whatever is raised
    here or in `heard`, the child is gone afterwards.
    """
    told = dict(orders) | {"memory_bytes": limits.memory_mb * 2**20, "cpu_s": limits.cpu_s}
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-I", "-m", module, str(film_fd), str(out_fd)],
            pass_fds=(film_fd, out_fd),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment(),
            cwd="/",
            text=True,
            start_new_session=True,
        ) as child,
    ):
        watch = Watch(child.kill, limits)
        try:
            assert child.stdin and child.stdout  # noqa: S101, PT018  both were asked for
            with suppress(BrokenPipeError):  # a child that died is found out below
                json.dump(told, child.stdin)
                child.stdin.close()
            ended = hear_out(child.stdout, watch, heard)
            code = child.wait()
            watch.raise_if_hung()
            if code or not ended:
                stderr.seek(0)
                lines = stderr.read().decode("utf-8", "replace").strip().split("\n")
                raise WorkerError(f"the child ended with code {code}: {lines[-1][:LAST_WORDS]}")
        finally:
            watch.stop()
            child.kill()


def hear_out(lines: Iterable[str], watch: "Watch", heard: Callable[[dict[str, Any]], None]) -> bool:
    """Pass on what a child tells, until it says no more; return whether it said that it was done.

    Raises MediaError, LimitError, WorkerError or OSError, as the child fares.
    """
    ended = False
    for text in lines:
        watch.heard()
        words = _words(text)
        ended = ended or "done" in words
        _raise_trouble(words)
        heard(words)
    return ended


class Watch:
    """Kills a child that says nothing for too long, or takes too long altogether."""

    def __init__(self, kill: Callable[[], None], limits: Limits) -> None:
        """Begin to watch."""
        self._kill, self._limits = kill, limits
        self._ends_s = time.monotonic() + limits.wall_s
        self._last_s = time.monotonic()
        self._hung = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def heard(self) -> None:
        """Note that the child said something."""
        self._last_s = time.monotonic()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        self._thread.join()

    def raise_if_hung(self) -> None:
        """Raise LimitError if the child had to be killed."""
        if self._hung:
            raise LimitError(
                f"hung: nothing for {self._limits.silence_s} s, or over {self._limits.wall_s} s "
                "altogether; see limits.silence_seconds and limits.wall_seconds"
            )

    def _run(self) -> None:
        while not self._stopped.wait(1.0):
            now_s = time.monotonic()
            if now_s > self._ends_s or now_s - self._last_s > self._limits.silence_s:
                self._hung = True
                self._kill()
                return


def _words(text: str) -> dict[str, Any]:
    try:
        words = json.loads(text)
    except ValueError as error:
        raise WorkerError("the child broke its protocol") from error
    if not isinstance(words, dict):
        raise WorkerError("the child broke its protocol")
    return words


def _raise_trouble(words: dict[str, Any]) -> None:
    match words.get("trouble"):
        case None:
            return
        case "limit":
            raise LimitError(str(words.get("reason")))
        case "media":
            raise MediaError(str(words.get("reason")))
        case _:
            raise OSError(str(words.get("reason")))
