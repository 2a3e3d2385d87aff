"""The film that is to be looked at, and no other that lies in its place by now."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from ...db.errors import FilmChangedError
from ...db.records import show_path
from ..fingerprint import fingerprint


@contextmanager
def original(path: bytes, film_fingerprint: str) -> Iterator[int]:
    """Give a descriptor of the film's file. Raises FilmChangedError if it is another; OSError."""
    # Without waiting: where a film lay, a pipe may be by now, which nobody writes to.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if (
            not stat.S_ISREG(os.fstat(fd).st_mode)
            or fingerprint(fd).fingerprint != film_fingerprint
        ):
            raise FilmChangedError(f"{show_path(path)}: has changed since; index it again")
        yield fd
    finally:
        os.close(fd)
