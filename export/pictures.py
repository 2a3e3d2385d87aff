"""Pictures in folders by tag: what each shows, where it is from, and which are the same picture.

A folder is named as in the vocabulary; `_none` holds pictures that show no tag. The same picture
may stand in several folders: it is one picture with several tags.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ..db.errors import ModelError
from ..indexer.pixels_type import Pixels
from .picture_notes import Rule
from .vocabulary import Vocabulary

NONE = "_none"
# Of 64 bits. Up to 6 the pairs found are re-encodings of one picture; from 10 on they are not.
SAME_PICTURE_BITS = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, wherever it stands; `columns` are the tags it shows, none for `_none`.

    A column that is `unsettled` counts neither as a tag shown nor as a tag lacking.
    """

    path: Path
    source: str
    columns: frozenset[int]
    unsettled: frozenset[int] = frozenset()


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


def read_set(folder: Path, vocabulary: Vocabulary, rules: tuple[Rule, ...] = ()) -> PictureSet:
    """Read all pictures under `folder`, merging those that are the same.

    rules: what the folders do not say.

    Raises ModelError for a folder that is no tag, for an unreadable picture, and if there is none.
    """
    columns = {tag.folder: column for column, tag in enumerate(vocabulary.tags)}
    paths = sorted(path for path in folder.glob("*/*") if path.is_file())
    if not paths:
        raise ModelError(f"{folder}: no pictures in folders by tag")
    if strange := {path.parent.name for path in paths} - columns.keys() - {NONE}:
        raise ModelError(f"{folder}: {', '.join(sorted(strange))} is not in the vocabulary")
    contents = [path.read_bytes() for path in paths]
    hashes = [hashlib.sha256(content).digest() for content in contents]
    prints = [
        fingerprint(decode(content, path)) for content, path in zip(contents, paths, strict=True)
    ]
    whole = hashlib.sha256()
    for path, content in zip(paths, hashes, strict=True):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0" + content)
    pictures = []
    for same in groups_of_same(hashes, prints):
        shown = frozenset(columns[paths[i].parent.name] for i in same if not _is_none(paths[i]))
        pictures.append(_looked_at(paths[same[0]], shown, rules))
    return PictureSet(tuple(pictures), whole.hexdigest(), len(paths))


def _looked_at(path: Path, columns: frozenset[int], rules: tuple[Rule, ...]) -> Picture:
    source = source_of(path.name)
    also = {rule.column for rule in rules if rule.shown(columns, source)}
    unsettled = {rule.column for rule in rules if rule.unsettled(columns, source)}
    return Picture(path, source, columns | also, frozenset(unsettled))


def source_of(name: str) -> str:
    """Name where a picture is from: its file's name up to the first `_`; all of SUN is one."""
    prefix = name.split("_", 1)[0]
    return "sun" if re.match(r"sun(sun|bsunb)", prefix) else prefix


def decode(content: bytes, path: Path) -> Pixels:
    """Decode a picture to `(H, W, 3) uint8` RGB. Raises ModelError naming `path`."""
    packed = np.frombuffer(content, np.uint8)
    picture = cv2.imdecode(packed, cv2.IMREAD_COLOR) if packed.size else None
    if picture is None:
        raise ModelError(f"{path}: not a picture that can be read; take it out")
    return np.ascontiguousarray(picture[:, :, ::-1]).astype(np.uint8)


def read(pictures: Iterable[Picture]) -> Iterator[Pixels]:
    """Decode pictures one after the other."""
    for picture in pictures:
        yield decode(picture.path.read_bytes(), picture.path)


def fingerprint(picture: Pixels) -> npt.NDArray[np.bool_]:
    """Return 64 bits that survive re-encoding and scaling.

    Which of the lowest 8 x 8 coefficients of the cosine transform of the picture at 32 x 32 are
    over their median (Zauner, "Implementation and Benchmarking of Perceptual Image Hash
    Functions", 2010).
    """
    grey = cv2.resize(
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA
    )
    low = cv2.dct(grey.astype(np.float32))[:8, :8].ravel()
    bits: npt.NDArray[np.bool_] = low > np.median(low)
    return bits


def groups_of_same(
    hashes: list[bytes], prints: list[npt.NDArray[np.bool_]]
) -> tuple[tuple[int, ...], ...]:
    """Group pictures with the same bytes or nearly the same fingerprint, in order of the first."""
    signs = np.array(prints, np.float32) * 2 - 1  # (N, 64)
    first: dict[bytes, int] = {}
    parent = [first.setdefault(content, row) for row, content in enumerate(hashes)]

    def root(row: int) -> int:
        while parent[row] != row:
            row = parent[row]
        return row

    for row, sign in enumerate(signs):
        differing = (64 - signs[:row] @ sign) / 2
        for other in np.flatnonzero(differing <= SAME_PICTURE_BITS).tolist():
            low, high = sorted((root(row), root(other)))
            parent[high] = low
    groups = defaultdict(list)
    for row in range(len(parent)):
        groups[root(row)].append(row)
    return tuple(tuple(groups[key]) for key in sorted(groups))


def _is_none(path: Path) -> bool:
    return path.parent.name == NONE
