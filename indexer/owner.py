"""Naming a process so that another can tell whether it still lives, after any restart.

Only a process of the same host can be looked at. What one of another host holds, which works on the
same PostgreSQL database, is its own until its lease ends.
"""

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# See machine-id(5), which asks for it to be shown to nobody.
MACHINE_ID = Path("/etc/machine-id")


def this_process() -> str:
    """Name this process: host, boot id, pid namespace, pid, start in clock ticks (proc(5))."""
    pid = os.getpid()
    return f"{this_host()} {_boot_id()} {_pid_namespace()} {pid} {_start_ticks(pid)}"


@cache
def this_host() -> str:
    """Name this host: its name, and a digest of its machine id, since names are not unique.

    Without such an id, as in most containers, it is another host after each boot.
    """
    try:
        machine = MACHINE_ID.read_bytes().strip()
    except OSError:
        machine = b""
    machine = machine or _boot_id().encode()
    name = socket.gethostname().replace(" ", "-")
    return f"{name}/{hashlib.sha256(b'filmdex ' + machine).hexdigest()[:12]}"


def host_of(owner: str) -> str:
    """Return the name of the host that a process is of, for people."""
    return owner.partition(" ")[0].partition("/")[0]


def lives(owner: str) -> bool | None:
    """Whether the process that `this_process` named is still there.

    One of another boot of this host is not. Of one of another host or pid namespace (a container),
    or that cannot be looked at, that cannot be told (None).
    """
    try:
        host, boot, namespace, pid, start = owner.split(" ")
        number = int(pid)
    except ValueError:
        return False
    if boot != _boot_id():
        return False if host == this_host() else None
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
