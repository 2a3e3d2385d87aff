"""A hard end to a test in a browser: what hangs is killed and named, and the run goes on.

Most calls of Playwright end by themselves, but evaluating a script and closing a page wait for
ever when the page's script never ends, or when the browser itself no longer answers.
"""

import faulthandler
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daemons import children, descendants

# Many times what the slowest test takes on two busy cores; the driver gets a little longer than
# the browser, since it tells the test that the browser is gone.
LONGEST_S = 180.0
GRACE_S = 15.0
# What pytest exits with where the browser no longer answered, by no script's fault: EX_TEMPFAIL.
NO_ANSWER = 75
# A script without an end takes a processor; a browser that only waits takes hardly any of it.
BUSY = 0.25


class Limit:
    """What became of a block that may take only so long."""

    def __init__(self, what: str, terminal: int, longest_s: float) -> None:
        self.no_answer = False
        self._what = what
        self._terminal = terminal
        self._longest_s = longest_s
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._wait, daemon=True)
        self._watch.start()

    def end(self) -> None:
        """The block is over; nothing is killed any more."""
        self._over.set()
        self._watch.join()

    def _wait(self) -> None:
        before = sum(map(_taken_s, _browsers(_drivers())))
        if self._over.wait(self._longest_s):
            return
        drivers = _drivers()
        browsers = _browsers(drivers)
        taken_s = sum(map(_taken_s, browsers)) - before
        self.no_answer = taken_s < BUSY * self._longest_s
        states = [_state(pid) for pid in drivers + browsers]
        _kill(browsers)
        self._report(
            f"{self._what} took more than {self._longest_s:g} s; the browser is killed", states
        )
        if not self._over.wait(GRACE_S):
            _kill(drivers)
            self._report("its driver is killed too", [])

    def _report(self, what: str, states: list[str]) -> None:
        with open(self._terminal, "w", encoding="utf-8", closefd=False) as told:
            print(f"\n{what}", *states, sep="\n  ", file=told, flush=True)
            faulthandler.dump_traceback(told, all_threads=True)


@contextmanager
def limited(what: str, terminal: int, longest_s: float = LONGEST_S) -> Iterator[Limit]:
    """Kill the browser when the block takes too long, and its driver if that does not end it.

    What hung is written to the descriptor `terminal`: the run may end before it can tell.
    """
    limit = Limit(what, terminal, longest_s)
    try:
        yield limit
    finally:
        limit.end()


def _drivers() -> list[int]:
    return [pid for pid in children(os.getpid()) if _status(pid)[0].startswith("node")]


def _browsers(drivers: list[int]) -> list[int]:
    return [pid for driver in drivers for pid in descendants(driver)]


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _status(pid: int) -> tuple[str, list[str]]:
    """Return a process's name and what /proc/PID/stat says after it; empty once it has ended.

    Its command line is not read: that waits for a process that is stuck in its own memory.
    """
    with suppress(OSError):
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        return name, rest.split()
    return "", []


def _taken_s(pid: int) -> float:
    """Return the seconds of a processor that a process took."""
    fields = _status(pid)[1]
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _state(pid: int) -> str:
    """Describe a process: its name, whether it runs, what it waits for, and the time it took."""
    name, fields = _status(pid)
    if not fields:
        return f"{pid} has ended"
    waits = "?"
    with suppress(OSError):
        waits = Path(f"/proc/{pid}/wchan").read_text()
    return f"{pid} {name} {fields[0]} {waits}, {_taken_s(pid):.1f} s of a processor"
