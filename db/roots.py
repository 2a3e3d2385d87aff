"""Folders that several hosts know by one name, each at a path of its own.

A film below a named root is stored as `@NAME/rest`, so that what one host found another finds, and
both speak of one place. Other paths are stored as they are: they begin with a slash.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from .records import show_path

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
MARK = b"@"


@dataclass(frozen=True, slots=True)
class Roots:
    """Names and where they lie on this host, without a slash at the end; the deepest come first."""

    folders: tuple[tuple[str, bytes], ...] = ()

    def __post_init__(self) -> None:
        for name, folder in self.folders:
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a root: small letters, digits, - and _ can")
            if not folder.startswith(b"/") or folder.endswith(b"/"):
                raise ValueError(f"root {name} lies at no absolute path: {show_path(folder)}")

    @classmethod
    def of(cls, folders: Mapping[str, bytes]) -> Self:
        """Build from names and absolute paths."""
        by_length = sorted(folders.items(), key=lambda one: (-len(one[1]), one[0]))
        return cls(tuple((name, folder.rstrip(b"/")) for name, folder in by_length))

    def stored(self, path: bytes) -> bytes:
        """Return how a path of this host is stored."""
        for name, folder in self.folders:
            if path.startswith(folder + b"/"):
                return MARK + name.encode() + path[len(folder) :]
        return path

    def here(self, stored: bytes) -> bytes:
        """Return where a stored path lies on this host; as it is stored, where no root says."""
        for name, folder in self.folders:
            mark = start_of(name)
            if stored.startswith(mark + b"/"):
                return folder + stored[len(mark) :]
        return stored

    def starts(self, folder: bytes) -> Iterable[bytes]:
        """Return with what the stored paths below a folder of this host begin, the slash left out.

        More than one where named roots lie below it.
        """
        below = folder.rstrip(b"/") + b"/"
        yield self.stored(below)[:-1]
        for name, at in self.folders:
            if at.startswith(below):
                yield start_of(name)

    def shown(self) -> "Roots":
        """Return the same for paths as people see them (show_path)."""
        return Roots(tuple((name, show_path(at).encode()) for name, at in self.folders))


def start_of(name: str) -> bytes:
    """Return with what the stored paths of a named root begin, the slash left out."""
    return MARK + name.encode()


def root_of(path: bytes) -> str | None:
    """Name the root that a path lies below and that this host does not know, if that is so."""
    return path[1:].partition(b"/")[0].decode() if path.startswith(MARK) else None


NONE = Roots()
