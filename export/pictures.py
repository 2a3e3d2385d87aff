"""The pictures of a data set: what each shows, where it is from, and which are the same picture.

The same picture may stand in several folders: it is one picture with several tags.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer.library import Unreadable
from ..indexer.pixels_type import Pixels
from .listing import Entry, in_folders
from .picture_files import PictureError, decode, decode_aloud, quiet, read_bytes
from .picture_notes import Rule
from .same_pictures import Signs, close_pairs, fingerprint, groups_of_same
from .vocabulary import Vocabulary

# Sources are joined no further: a group of more than half can stand on one side only.
MOST_JOINED = 0.5

Tell = Callable[[int, int], None]
Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, wherever it stands; `columns` are the tags it shows, none for `_none`.

    A column that is `unsettled` counts neither as a tag shown nor as a tag lacking. `kin` are other
    sources that have the picture too, or one so like it that it may be the same.
    """

    path: Path
    source: str
    columns: frozenset[int]
    unsettled: frozenset[int] = frozenset()
    kin: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PictureSet:
    """Pictures in the order of their paths; `digest` covers the names and bytes of all files."""

    pictures: tuple[Picture, ...]
    digest: str
    files: int

    def labels(self, tags: int) -> npt.NDArray[np.float32]:
        """Return `(N, tags) float32`: 1 where a picture shows a tag."""
        labels = np.zeros((len(self.pictures), tags), np.float32)
        for row, picture in enumerate(self.pictures):
            labels[row, sorted(picture.columns)] = 1.0
        return labels

    def settled(self, tags: int) -> npt.NDArray[np.bool_]:
        """Return `(N, tags) bool`: whether a label says something."""
        settled = np.ones((len(self.pictures), tags), np.bool_)
        for row, picture in enumerate(self.pictures):
            settled[row, sorted(picture.unsettled)] = False
        return settled

    @property
    def sources(self) -> tuple[str, ...]:
        """The source of each picture."""
        return tuple(picture.source for picture in self.pictures)

    @property
    def groups(self) -> tuple[str, ...]:
        """What each picture must stay together with: its source, joined with its kin.

        Sources that would make up more than half of all pictures are left apart.
        """
        sizes = Counter(self.sources)
        head = {name: name for p in self.pictures for name in (p.source, *p.kin)}

        def first(source: str) -> str:
            while head[source] != source:
                source = head[source]
            return source

        for picture in self.pictures:
            for other in sorted(picture.kin):
                low, high = sorted((first(picture.source), first(other)))
                joined = sizes[low] + sizes[high]
                if low != high and joined <= MOST_JOINED * len(self.pictures):
                    head[high], sizes[low] = low, joined
        return tuple(map(first, self.sources))


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was read: the SHA-256 of its bytes, and its fingerprint."""

    entry: Entry
    content: bytes
    signs: Signs


@dataclass(frozen=True, slots=True)
class Merged:
    """Files as pictures. `same`: which of the files each picture is.

    alike: rows of pictures from different sources that may be the same picture all the same.
    """

    pictures: PictureSet
    same: tuple[Rows, ...]
    alike: tuple[tuple[int, int], ...]


def read_set(folder: Path, vocabulary: Vocabulary, rules: tuple[Rule, ...] = ()) -> PictureSet:
    """Read all pictures under a folder that is part of a build: each must be readable.

    rules: what the folders do not say.

    Raises ModelError for a folder that is no tag, for an unreadable picture, and if there is none.
    """
    listed = in_folders(folder, vocabulary)
    seen, unreadable = look_at(listed.entries)
    for one in (*listed.unreadable, *unreadable):
        raise ModelError(f"{folder / one.path}: {one.reason}; take it out")
    return merge(seen, rules).pictures


def look_at(
    entries: tuple[Entry, ...], tell: Tell | None = None
) -> tuple[list[Seen], list[Unreadable]]:
    """Read each file once, on all cores; no picture is kept. `tell` hears how many are done."""
    seen: list[Seen] = []
    unreadable: list[Unreadable] = []
    with quiet(), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done, one in enumerate(pool.map(_seen, entries), 1):
                if isinstance(one, Seen):
                    seen.append(one)
                else:
                    unreadable.append(one)
                if tell:
                    tell(done, len(entries))
        finally:
            pool.shutdown(cancel_futures=True)
    return seen, unreadable


def _seen(entry: Entry) -> Seen | Unreadable:
    try:
        content = read_bytes(entry.path)
        signs = fingerprint(decode_aloud(content, entry.path))
    except PictureError as error:
        return Unreadable(entry.name, error.reason)
    return Seen(entry, hashlib.sha256(content).digest(), signs)


def merge(seen: list[Seen], rules: tuple[Rule, ...]) -> Merged:
    """Make one picture of all files that are the same; `seen` is in the order of the paths."""
    whole = hashlib.sha256()
    for one in seen:
        whole.update(os.fsencode(one.entry.name) + b"\0" + one.content + one.entry.said)
    hashes = [one.content for one in seen]
    pairs = close_pairs(hashes, np.array([one.signs for one in seen], np.int8).reshape(-1, 64))
    same = groups_of_same(hashes, pairs)
    alike = _alike(seen, same, pairs)
    kin: list[set[str]] = [{seen[i].entry.source for i in files} for files in same]
    for low, high in alike:
        kin[low].add(seen[same[high][0]].entry.source)
        kin[high].add(seen[same[low][0]].entry.source)
    pictures = tuple(
        _looked_at([seen[i].entry for i in files], rules, kin[row])
        for row, files in enumerate(same)
    )
    return Merged(PictureSet(pictures, whole.hexdigest(), len(seen)), same, alike)


def _alike(
    seen: list[Seen], same: tuple[Rows, ...], pairs: npt.NDArray[np.int64]
) -> tuple[tuple[int, int], ...]:
    of_file = {file: row for row, files in enumerate(same) for file in files}
    source = [seen[files[0]].entry.source for files in same]
    rows = {(of_file[low], of_file[high]) for low, high, _ in pairs.tolist()}
    return tuple(sorted({(a, b) if a < b else (b, a) for a, b in rows if source[a] != source[b]}))


def _looked_at(entries: list[Entry], rules: tuple[Rule, ...], kin: set[str]) -> Picture:
    source, path = entries[0].source, entries[0].path
    columns = frozenset[int]().union(*(entry.columns for entry in entries))
    also = {rule.column for rule in rules if rule.shown(columns, source)}
    unsettled = {rule.column for rule in rules if rule.unsettled(columns, source)}
    return Picture(path, source, columns | also, frozenset(unsettled), frozenset(kin - {source}))


def read(pictures: Iterable[Picture]) -> Iterator[Pixels]:
    """Decode pictures one after the other."""
    for picture in pictures:
        yield decode(read_bytes(picture.path), picture.path)
