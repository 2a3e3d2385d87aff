"""Naming a process so that another can tell whether it still lives, after any restart."""

import os
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """Name this process: boot id, pid namespace, pid, start in clock ticks since boot (proc(5))."""
    pid = os.getpid()
    return f"{_boot_id()} {_pid_namespace()} {pid} {_start_ticks(pid)}"


def lives(owner: str) -> bool | None:
    """Whether the process that `this_process` named is still there.

    One of another boot is not. Of one in another pid namespace (another container), or that cannot
    be looked at, that cannot be told (None): what it holds is its own until its lease ends.
    """
    try:
        boot, namespace, pid, start = owner.split(" ")
        number = int(pid)
    except ValueError:
        return False
    if boot != _boot_id():
        return False
    if namespace != _pid_namespace():
        return None
    try:
        return start == _start_ticks(number)
    except (FileNotFoundError, ProcessLookupError):
        return None if _hidden(number) else False
    except OSError:
        return None


def _hidden(pid: int) -> bool:
    """Whether a process is there though /proc hides it: hidepid, or systemd's ProtectProc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pid_namespace() -> str:
    return str(Path("/proc/self/ns/pid").readlink())


def _boot_id() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


def _start_ticks(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    # The second field is a name in parentheses that may hold anything; the 22nd is the start.
    return stat.rpartition(")")[2].split()[19]
