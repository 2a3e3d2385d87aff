"""Naming a process so that another can tell whether it still lives, after any restart."""

import os
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """Name this process: boot id, pid, and start time in clock ticks since boot (proc(5))."""
    return f"{_boot_id()} {os.getpid()} {_start_ticks(os.getpid())}"


def lives(owner: str) -> bool:
    """Whether the process that `this_process` named is still there; of another boot, it is not."""
    try:
        boot, pid, start = owner.split(" ")
        return boot == _boot_id() and start == _start_ticks(int(pid))
    except (OSError, ValueError):
        return False


def _boot_id() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


def _start_ticks(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    # The second field is a name in parentheses that may hold anything; the 22nd is the start.
    return stat.rpartition(")")[2].split()[19]
