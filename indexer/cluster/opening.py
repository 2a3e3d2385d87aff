"""Which film a host is to open, and whether it is the one that was meant."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ...db.records import FilmIdentity, Location, show_path
from .. import wire
from ..elsewhere import why_not_here
from ..fingerprint import fingerprint
from ..settings import load
from ..viewing import OpenFilm
from ..worker import Limits
from .hosts import here_named


class UnseenHere(Exception):
    """A host does not see the film; another may. The host's name, its node, and why."""

    def __init__(self, host: str, node_id: str, why: str) -> None:
        self.host, self.node_id, self.why = host, node_id, why
        super().__init__(host, node_id, why)


@dataclass(frozen=True, slots=True)
class FilmOrder:
    """Which film, how it is looked at, and with which versions of everything.

    `path` is as it is stored: below a named root each host knows where that lies. So many decoders
    on other hosts (`elsewhere`) are to help, if they are to be had.
    """

    path: bytes
    identity: FilmIdentity
    seen: Location
    orders: wire.Orders
    limits: Limits
    versions: Mapping[str, str]
    elsewhere: int = 0


def opened(order: FilmOrder, node_id: str) -> OpenFilm:
    """Open a film on this host. Raises UnseenHere if it is not there, or another is."""
    roots = load().settings.roots.roots()
    path = roots.here(order.path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        found = fingerprint(fd)
    except OSError as error:
        why = why_not_here(path, roots) or f"{show_path(path)}: {error.strerror or error}"
        raise UnseenHere(here_named(), node_id, why) from error
    if found != order.identity:
        why = f"{show_path(path)}: another file lies there"
        raise UnseenHere(here_named(), node_id, why)
    return OpenFilm(fd, order.identity, order.seen)
