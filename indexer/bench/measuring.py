"""Running a command to its end, and what it took of the machine, its children included."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...db.errors import WorkerError

POLL_S = 0.05
LAST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor and wall seconds; peak resident memory of the process and of its largest child.

    With a child count its own children; what they share is counted for each.
    """

    cpu_s: float
    wall_s: float
    own_mb: float
    child_mb: float


def measure(command: Sequence[str], environment: Mapping[str, str]) -> tuple[Cost, str]:
    """Run a command; return what it cost and what it wrote to stdout.

    Processor time is the kernel's account of the process and of all descendants that were waited
    for. Raises WorkerError with the command's last words if it fails.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began_s = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  our own programs, and filmdex itself
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment
        )
        own_mb, child_mb = _watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began_s
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words = _text(err).strip()[-LAST_WORDS:]
            raise WorkerError(f"{' '.join(command)} ended with code {process.returncode}: {words}")
        return Cost(usage.ru_utime + usage.ru_stime, wall_s, own_mb, child_mb), _text(out)


def _watch(pid: int) -> tuple[float, float]:
    """Wait until a process has ended, without reaping it; return its peak and its children's."""
    own_mb = child_mb = 0.0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        own_mb = max(own_mb, peak_mb(pid))
        child_mb = max([child_mb, *map(_family_mb, children(pid))])
        time.sleep(POLL_S)
    return own_mb, child_mb


def _family_mb(pid: int) -> float:
    return peak_mb(pid) + sum(map(_family_mb, children(pid)))


def peak_mb(pid: int) -> float:
    """Return a process's peak resident memory so far (VmHWM, proc(5)); 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def children(pid: int) -> list[int]:
    """Return the processes that any thread of a process started."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        return found
    return found


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
