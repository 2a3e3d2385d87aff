"""On what kind of file system a folder lies, and what that means for watching it."""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
MOST_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
# Other machines write to these, or a program of its own does: no event tells of it (inotify(7)).
SILENT = frozenset(
    name
    for names in (
        "nfs nfs4 cifs smb3 smbfs 9p ceph glusterfs lustre beegfs afs",
        "virtiofs vboxsf fuse",
    )
    for name in names.split()
)


def silent_kind(folder: bytes, mounts: Path = MOUNTS) -> str | None:
    """Return a folder's kind of file system if it sends no events of what others write."""
    kind = kind_of(folder, mounts)
    return kind if kind in SILENT or kind.startswith("fuse.") else None


def kind_of(folder: bytes, mounts: Path = MOUNTS) -> str:
    """Return the kind of the file system that is mounted nearest above a folder (proc(5))."""
    best, kind = -1, ""
    for line in mounts.read_bytes().split(b"\n"):
        before, _, after = line.partition(b" - ")
        fields = before.split(b" ")
        if len(fields) < 5:
            continue
        at = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), fields[4])
        inside = at == b"/" or folder == at or folder.startswith(at + b"/")
        if inside and len(at) >= best:  # of two at one place, the later hides the earlier
            best, kind = len(at), os.fsdecode(after.split(b" ")[0])
    return kind


def most_watches(limit: Path = MOST_WATCHES) -> int:
    """Return how many folders one user may have watched."""
    return int(limit.read_text(encoding="ascii"))
