"""Policies by their names: read once for each content of their file, and never by a path."""

import threading
from dataclasses import dataclass, field

from ...db import models
from ...db.errors import UnknownError
from ...db.records import TagFacts
from ...db.store import Connection
from ..judging import known_tags
from ..moderation import shelf
from ..moderation.policy import Policy
from ..moderation.policy_file import read_policy
from ..moderation.shelf import Shelved
from ..settings import Settings

MOST_KEPT = 200


@dataclass(slots=True)
class Policies:
    """The policies that there are; what was read of them is kept by content."""

    settings: Settings
    _read: dict[tuple[str, str, int], Policy] = field(default_factory=dict)
    _tags: tuple[int, tuple[TagFacts, ...]] = (-1, ())
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self) -> list[Shelved]:
        """List the policies that ship, and the library's own."""
        return shelf.shelved(self.settings.policy.folder)

    def named(self, db: Connection, name: str) -> Policy:
        """Read a policy. Raises UnknownError for a name that is none, PolicyError for mistakes."""
        for one in self.listed():
            if one.name == name:
                return self.read(db, shelf.text_of(one.path), one.name)
        raise UnknownError(f"there is no policy {name!r}")

    def read(self, db: Connection, text: str, name: str) -> Policy:
        """Read a policy's text; `name` is only named in errors. Raises PolicyError."""
        tags = self.tags(db)
        key = (text, name, self._tags[0])
        found = self._read.get(key)
        if found is None:
            found = read_policy(text, name, tags)
            with self._lock:
                if len(self._read) >= MOST_KEPT:
                    self._read.clear()
                self._read[key] = found
        return found

    def tags(self, db: Connection) -> tuple[TagFacts, ...]:
        """Return the tags that a policy may name; read anew when there is another model."""
        newest = models.newest(db)
        with self._lock:
            if self._tags[0] != newest:
                self._tags = (newest, known_tags(db, self.settings))
            return self._tags[1]
