"""A hard end to a test in a browser: what hangs is killed and named, and the run goes on.

Most calls of Playwright end by themselves, but evaluating a script and closing a page wait for
ever when the page's script never ends.
"""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daemons import children, descendants

# Many times what the slowest test takes on two busy cores; the driver gets a little longer than
# the browser, since it tells the test that the browser is gone.
LONGEST_S = 180.0
GRACE_S = 15.0


@contextmanager
def limited(what: str, longest_s: float = LONGEST_S) -> Iterator[None]:
    """Kill the browser when the block takes too long, and its driver if that does not end it."""
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(what, longest_s, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(what: str, longest_s: float, over: threading.Event) -> None:
    if over.wait(longest_s):
        return
    drivers = [pid for pid in children(os.getpid()) if Path(_words(pid)[0]).name == "node"]
    browsers = [pid for driver in drivers for pid in descendants(driver)]
    _report(f"{what} took more than {longest_s:g} s; the browser is killed", drivers + browsers)
    _kill(browsers)
    if not over.wait(GRACE_S):
        _report("its driver is killed too", drivers)
        _kill(drivers)


def _words(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return [""]


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _report(what: str, pids: list[int]) -> None:
    """Write what hung to the terminal itself, since the run may be ended before it can tell."""
    told = sys.__stderr__
    if told is None:
        return
    print(f"\n{what}", *map(_state, pids), sep="\n  ", file=told, flush=True)
    faulthandler.dump_traceback(told, all_threads=True)


def _state(pid: int) -> str:
    """Describe a process: its kind, whether it runs, and the seconds of a processor it took."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
        taken_s = (int(fields[11]) + int(fields[12])) / ticks
        words = _words(pid)
        kind = next((word for word in words if word.startswith("--type=")), "")
        name = Path(words[0]).name
        return f"{pid} {name} {kind} {fields[0]}, {taken_s:.1f} s of a processor"
    return f"{pid} has ended"
