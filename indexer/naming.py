"""Which film a person means who must not be answered about another: files are known by content."""

import os
from dataclasses import dataclass

from ..db import films
from ..db.records import Film, show_path
from ..db.store import Connection
from .fingerprint import fingerprint
from .moderation.verdict import Subject


@dataclass(frozen=True, slots=True)
class NotIndexed:
    """A file that is there, and whose content is not in the library."""

    subject: Subject
    reason: str


def film_meant(db: Connection, name: str) -> Film | NotIndexed:
    """Find a film by the content of the file `name`, or else as `films.find` does.

    A file that was replaced since it was indexed is not the film that lay there. Raises StoreError
    if nothing answers to the name, OSError if the file cannot be read.
    """
    path = os.path.realpath(name)
    if not os.path.isfile(path):  # noqa: PTH113  the name may hold bytes that are not UTF-8
        return films.find(db, name, os.fsencode(path))
    fd = os.open(path, os.O_RDONLY)
    try:
        identity = fingerprint(fd)
    finally:
        os.close(fd)
    film = films.with_identity(db, identity)
    if film is not None:
        return film
    shown = show_path(os.fsencode(path))
    title = os.path.splitext(os.path.basename(shown))[0]  # noqa: PTH119, PTH122
    subject = Subject(0, identity.fingerprint, title, (shown,))
    return NotIndexed(subject, "not in the library; `filmdex index` it")
