"""An actor that decodes one film on its host, has it looked at, and tells its shots bit by bit."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from ...db.errors import ClusterError
from ...db.records import FilmFacts, FilmIdentity, Location, show_path
from .. import wire
from ..fingerprint import fingerprint
from ..viewing import LookedAt, Looker, OpenFilm, Reached, Shown, Viewing, here
from ..worker import Limits
from .hosts import here_named, versions_here

# So many shots, or what came within this time, are told at once: a call costs the driver about a
# millisecond, and there may be a thousand films under way.
MOST_TOLD = 64
TELL_S = 2.0


class UnseenHere(Exception):
    """A host does not see the film; another may. Its name, and why."""

    def __init__(self, host: str, node_id: str, why: str) -> None:
        self.host, self.node_id, self.why = host, node_id, why
        super().__init__(host, node_id, why)


@dataclass(frozen=True, slots=True)
class FilmOrder:
    """Which film, how it is looked at, and with which versions of everything."""

    path: bytes
    identity: FilmIdentity
    seen: Location
    orders: wire.Orders
    limits: Limits
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What came since the last time; `facts` with the last of it."""

    events: tuple[Reached | LookedAt, ...]
    facts: FilmFacts | None


class FilmActor:
    """One film on one host. It ends with its process."""

    def __init__(self, order: FilmOrder, looker: Looker, node_id: str) -> None:
        self._order, self._looker, self._node_id = order, looker, node_id
        self._open = ExitStack()
        self._viewing: Viewing | None = None
        self._shots: Iterator[Reached | LookedAt] = iter(())

    def probed(self) -> FilmFacts:
        """Open the film and see its first frame.

        Raises UnseenHere if it is not there, ClusterError if this host came with other versions.
        """
        order = self._order
        if (ours := versions_here()) != order.versions:
            raise ClusterError(f"host {here_named()} has other versions than the rest: {ours}")
        film = OpenFilm(self._opened(), order.identity, order.seen)
        view = here(self._looker)(film, order.orders, order.limits, lambda: None)
        self._viewing = self._open.enter_context(view)
        return self._viewing.probed()

    def begin(self, stored: Sequence[Shown]) -> None:
        """Have the film seen on from the shots that are `stored` already."""
        self._shots = self._seen.shots(stored)

    def more(self) -> Told:
        """Tell what came since the last time."""
        events: list[Reached | LookedAt] = []
        ends_s = time.monotonic() + TELL_S
        for event in self._shots:
            if events and isinstance(event, Reached) and isinstance(events[-1], Reached):
                events.pop()
            events.append(event)
            if len(events) >= MOST_TOLD or time.monotonic() >= ends_s:
                return Told(tuple(events), None)
        return Told(tuple(events), self._seen.facts)

    @property
    def _seen(self) -> Viewing:
        if self._viewing is None:
            raise RuntimeError("the film was not opened")
        return self._viewing

    def _opened(self) -> int:
        path, order = self._order.path, self._order
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            found = fingerprint(fd)
        except OSError as error:
            raise self._unseen(f"{show_path(path)}: {error.strerror or error}") from error
        if found != order.identity:
            raise self._unseen(f"{show_path(path)}: another file lies there")
        return fd

    def _unseen(self, why: str) -> UnseenHere:
        return UnseenHere(here_named(), self._node_id, why)
