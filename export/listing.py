"""What a data set names: each file, the tags it is said to show, and where it is from.

Here: folders by tag. A folder is named as in the vocabulary; `_none` holds pictures that show no
tag. Nothing is opened yet. `manifest.py` reads the same from a table.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..db.errors import ModelError
from ..indexer.library import Unreadable
from .vocabulary import Vocabulary, composed, nearest

NONE = "_none"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that a data set names; `columns` are the tags it is said to show, maybe none.

    `name` is its path in the data set; `said` is what is said of it besides by its name.
    """

    path: Path
    name: str
    columns: frozenset[int]
    source: str
    said: bytes = b""


@dataclass(frozen=True, slots=True)
class Listed:
    """All that a data set under `root` names, in the order of the paths.

    unreadable: what cannot be looked into. aside: what is there, and no part of the data set.
    """

    root: Path
    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...] = ()
    aside: tuple[str, ...] = ()


def source_of(name: str) -> str:
    """Name where a picture is from: its file's name up to the first `_`; all of SUN is one."""
    prefix = name.split("_", 1)[0]
    return "sun" if re.match(r"sun(sun|bsunb)", prefix) else prefix


def in_folders(root: Path, vocabulary: Vocabulary) -> Listed:
    """List the pictures that lie in folders named by tag.

    Hidden files are left out. Links to files are taken; no link can lead into a loop, since only
    what lies right in a tag's folder is read.

    Raises ModelError for a folder that is no tag, naming the nearest, and if there are no pictures.
    """
    columns = {composed(name): {column} for column, name in enumerate(vocabulary.folders)}
    columns[NONE] = set()
    folders, aside = _parted(root)
    if strange := [name for name in folders if composed(name) not in columns]:
        raise ModelError(f"{root}: {'; '.join(_stranger(name, vocabulary) for name in strange)}")
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for folder in folders:
        try:
            names = sorted(_visible(root / folder))
        except OSError as error:
            unreadable.append(Unreadable(folder, error.strerror or str(error)))
            continue
        for name in names:
            path, inside = root / folder / name, f"{folder}/{name}"
            if path.is_dir():
                aside.append(inside)
            else:
                shown = frozenset(columns[composed(folder)])
                entries.append(Entry(path, inside, shown, source_of(name)))
    if not entries and not unreadable:
        raise ModelError(f"{root}: no pictures in folders by tag")
    entries.sort(key=lambda entry: entry.path)
    return Listed(root, tuple(entries), tuple(unreadable), tuple(aside))


def _parted(root: Path) -> tuple[list[str], list[str]]:
    """Return the names of the folders, and of what lies beside them."""
    names = sorted(_visible(root))
    folders = [name for name in names if (root / name).is_dir()]
    return folders, [name for name in names if name not in set(folders)]


def _visible(folder: Path) -> Iterator[str]:
    return (name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208


def _stranger(name: str, vocabulary: Vocabulary) -> str:
    near = nearest(name, vocabulary.folders)
    return f"the folder {name} is not in the vocabulary (the nearest is {near})"
