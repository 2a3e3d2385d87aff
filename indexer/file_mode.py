"""The permissions that a new file usually gets, for one that is made by other means than `open`."""

from pathlib import Path

STATUS = Path("/proc/self/status")


def usual_mode() -> int:
    """Return what `open` would give: read and write for all, less this process's umask (proc(5)).

    `os.umask` cannot be asked without being changed, for a moment, in every thread.
    """
    lines = STATUS.read_text(encoding="utf-8", errors="replace").splitlines()
    umask = next(line.partition(":")[2] for line in lines if line.startswith("Umask:"))
    return 0o666 & ~int(umask, 8)
