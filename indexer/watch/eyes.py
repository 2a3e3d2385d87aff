"""Looking at roots and into files, each root in a thread of its own: what hangs hangs alone."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ...db.records import Location
from ..fingerprint import fingerprint
from ..library import location_of
from .aside import Aside
from .changes import Pass, Take
from .ledger import Recognised
from .scan import Filter, look


@dataclass(frozen=True, slots=True)
class Unread:
    """A settled file that could not be read, or is no longer what settled."""

    path: bytes
    reason: str


Saw = Pass | tuple[Recognised | Unread, ...]


class Eyes:
    """One root's pair: asked for one thing at a time, and answers when it has it."""

    def __init__(self, root: bytes, only: Filter) -> None:
        self._root, self._only = root, only
        self._aside = Aside[Saw]("eyes")

    @property
    def busy(self) -> bool:
        """Whether something was asked, and the answer not yet fetched."""
        return self._aside.busy

    def look(self) -> None:
        """Begin to look at the whole root."""
        self._aside.ask(look, self._root, self._only)

    def recognise(self, takes: Sequence[Take]) -> None:
        """Begin to read what the settled files hold."""
        self._aside.ask(_recognised, tuple(takes))

    def answer(self) -> Saw | None:
        """Fetch the answer, if it is there."""
        return self._aside.answer()

    def close(self) -> None:
        """Ask no more; a look that hangs is left to itself."""
        self._aside.close()


def _recognised(takes: tuple[Take, ...]) -> tuple[Recognised | Unread, ...]:
    return tuple(map(_recognise, takes))


def _recognise(take: Take) -> Recognised | Unread:
    try:
        fd = os.open(take.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return Unread(take.path, error.strerror or str(error))
    try:
        seen = location_of(fd, os.fsdecode(take.path))
        if (seen.size, seen.mtime_ns) != take.seen[:2]:
            return Unread(take.path, "written to meanwhile")
        identity = fingerprint(fd)
        if location_of(fd, os.fsdecode(take.path)) != seen:
            return Unread(take.path, "written to meanwhile")
        return Recognised(Location(take.path, seen.size, seen.mtime_ns), identity)
    except OSError as error:
        return Unread(take.path, error.strerror or str(error))
    finally:
        os.close(fd)
