"""What every child that is given a film is bound by: section 6 of docs/design.md.

The child bounds itself, before it opens anything; the parent passes on next to no environment.
"""

import ctypes
import os
import resource
import signal
from collections.abc import Mapping

PR_SET_PDEATHSIG = 1
# What the dynamic linker and Python need.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")


def confine(most: Mapping[int, int]) -> None:
    """Bound this process by resource (RLIMIT_*), and dump no core; die with the parent.

    A limit that is lower already stays.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for what, asked in (*most.items(), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        bounded = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
        resource.setrlimit(what, (bounded, bounded))


def environment(**more: str) -> dict[str, str]:
    """Return what a child is told of this process's environment, and `more`."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | more
