"""The files of an index: written whole or not at all, and read only if they are unchanged."""

import fcntl
import hashlib
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...db.durable import flush
from ...db.errors import IndexFault, StoreError
from .catalogue import Catalogue

CATALOGUE = "catalogue.json"
LOCK = "lock"


def folder_of(database: Path, backbone: str) -> Path:
    """Return where a library's index by one backbone lies."""
    return database.with_name(f"{database.name}.near") / (backbone[:16] or "unknown")


def read_catalogue(folder: Path, backbone: str) -> Catalogue | None:
    """Read an index's catalogue; None if there is no index. Raises IndexFault."""
    path = folder / CATALOGUE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFault(f"{path}: {error}") from error
    try:
        catalogue = Catalogue.parsed(text)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise IndexFault(f"{path}: {error}") from error
    if catalogue.backbone != backbone:
        raise IndexFault(f"{path}: made by another backbone, {catalogue.backbone[:12]}")
    return catalogue


def write_catalogue(folder: Path, catalogue: Catalogue) -> None:
    """Put a catalogue in place of the one before, whose files then go. Raises OSError."""
    partial = folder / f".{CATALOGUE}"
    partial.write_text(catalogue.dumps(), encoding="utf-8")
    flush(partial)
    partial.replace(folder / CATALOGUE)
    flush(folder)
    kept = catalogue.files | {CATALOGUE, LOCK}
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()


def write(folder: Path, save: Callable[[Path], None]) -> str:
    """Have a file written; return the digest that it is named by from then on. Raises OSError."""
    partial = folder / ".partial"
    save(partial)
    flush(partial)
    with partial.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    partial.replace(folder / digest)
    return digest


def mapped(folder: Path, digest: str) -> mmap.mmap:
    """Map a file whose bytes are all as they were written. Raises IndexFault if they are not."""
    path = folder / digest
    try:
        with path.open("rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # a file that is empty cannot be mapped
        raise IndexFault(f"{path}: {error}") from error
    if hashlib.sha256(memory).hexdigest() != digest:
        raise IndexFault(f"{path}: damaged, not one byte of it is believed")
    return memory


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one who writes there. Raises StoreError if another process does; OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(fd, folder)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, folder: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreError(f"{folder}: another process is at work on it; wait for it") from error
