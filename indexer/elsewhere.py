"""Why a film is not to be had on this host, though another host has it: its root is not here."""

import os

from ..db.records import show_path
from ..db.roots import Roots, root_of
from .owner import this_host


def why_not_here(path: bytes, roots: Roots) -> str | None:
    """Name the host and the root that it does not know or has not mounted; None if it is not that.

    An empty folder is what is left of a mount.
    """
    host = this_host().partition("/")[0]
    if (name := root_of(path)) is not None:
        return (
            f"host {host} does not know where root {name} lies; add [roots.{name}] with its path "
            "to the configuration there"
        )
    for name, folder in roots.folders:
        if path.startswith(folder + b"/") and _is_bare(folder):
            return f"root {name} is not mounted at {show_path(folder)} on host {host}"
    return None


def _is_bare(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
