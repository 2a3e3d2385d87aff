"""Why a film is not to be had on this host, though another host has it: its root is not here."""

import os

from ..db.records import show_path
from ..db.roots import Roots, root_of
from .owner import this_host


def why_not_here(path: bytes, roots: Roots) -> str | None:
    """Name the host and the root that it does not know or has not mounted; None if it is not that.

    An empty folder is what is left of a mount.
    """
    if (name := root_of(path)) is not None:
        return (
            f"host {_host()} does not know where root {name} lies; add [roots.{name}] with its "
            "path to the configuration there"
        )
    above = Roots(tuple(root for root in roots.folders if path.startswith(root[1] + b"/")))
    return next(iter(not_mounted(above).values()), None)


def not_mounted(roots: Roots) -> dict[str, str]:
    """Say by name which roots this host has not mounted, and where it should have."""
    return {
        name: f"root {name} is not mounted at {show_path(folder)} on host {_host()}"
        for name, folder in roots.folders
        if _is_bare(folder)
    }


def _host() -> str:
    return this_host().partition("/")[0]


def _is_bare(folder: bytes) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True
