"""One look at a root: every file in it that may be a film. Reads folders, opens no file."""

import errno
import fnmatch
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from ..library import SUFFIXES
from .changes import Pass, Seen

_SUFFIXES = frozenset(suffix.encode() for suffix in SUFFIXES)


def may_be_a_film(name: bytes) -> bool:
    """Tell what library.looks_like_a_film tells, of a name's bytes, in a third of the time."""
    dot = name.rfind(b".")
    return dot > 0 and name[:1] != b"." and name[dot:].lower() in _SUFFIXES


@dataclass(frozen=True, slots=True)
class Filter:
    """Which paths under a root count, by globs on the path from there; `*` also spans folders."""

    include: re.Pattern[str] | None
    exclude: re.Pattern[str] | None

    @classmethod
    def of(cls, include: Iterable[str], exclude: Iterable[str]) -> Self:
        """Take what any of `include` matches (all, if there is none) and none of `exclude`."""
        return cls(_any_of(include), _any_of(exclude))

    def takes(self, below_root: str) -> bool:
        """Whether a file's path, from the root on, is wanted."""
        if self.include is not None and not self.include.match(below_root):
            return False
        return not self.shuts(below_root)

    def shuts(self, below_root: str) -> bool:
        """Whether a folder need not be entered."""
        return self.exclude is not None and self.exclude.match(below_root) is not None


def _any_of(globs: Iterable[str]) -> re.Pattern[str] | None:
    patterns = [fnmatch.translate(glob) for glob in globs]
    return re.compile("|".join(patterns)) if patterns else None


def look(root: bytes, only: Filter) -> Pass:
    """Walk a root. Hidden and temporary names are passed over, and links to folders not followed.

    So no loop of links can be entered. A folder that cannot be read is named in `unread`.
    """
    files: dict[bytes, Seen] = {}
    folders: dict[bytes, int] = {}
    unread: dict[bytes, str] = {}
    plain = only.include is None and only.exclude is None
    cut = len(root.rstrip(b"/")) + 1
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            device = os.stat(folder).st_dev  # noqa: PTH116  names may not be UTF-8
            entries = os.scandir(folder)
        except OSError as error:
            unread[folder] = error.strerror or str(error)
            continue
        folders[folder] = device
        try:
            with entries:
                for entry in entries:
                    if entry.name.startswith(b"."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if plain or not only.shuts(os.fsdecode(entry.path[cut:])):
                            waiting.append(entry.path)
                    elif may_be_a_film(entry.name) and (
                        plain or only.takes(os.fsdecode(entry.path[cut:]))
                    ):
                        _note(entry, files)
        except OSError as error:
            # Half a folder is no knowledge of what is not in it.
            unread[folder] = error.strerror or str(error)
    return Pass(files, folders, unread)


def _note(entry: "os.DirEntry[bytes]", files: dict[bytes, Seen]) -> None:
    try:
        facts = entry.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return  # it went, or is a link to nowhere or to itself
        raise
    if entry.is_file():
        files[entry.path] = Seen(facts.st_size, facts.st_mtime_ns, facts.st_dev, facts.st_ino)
