"""The film that is to be looked at, and no other that lies in its place by now."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ...db.errors import FilmChangedError
from ...db.records import show_path
from ..fingerprint import fingerprint


@contextmanager
def original(path: bytes, film_fingerprint: str) -> Iterator[int]:
    """Give a descriptor of the film's file. Raises FilmChangedError if it is another; OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        if fingerprint(fd).fingerprint != film_fingerprint:
            raise FilmChangedError(f"{show_path(path)}: has changed since; index it again")
        yield fd
    finally:
        os.close(fd)
