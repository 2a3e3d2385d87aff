"""A data set as a person has it, and what must be known of it before anything is trained on it.

A folder by tag (`listing.py`), or a table of `path,tags` (`manifest.py`). It is only ever read.
What cannot be read is left out and named; what would make training pointless is an error.
"""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from ..db.errors import ModelError
from ..indexer.library import Unreadable
from .listing import Listed, in_folders
from .manifest import in_table
from .picture_notes import Rule
from .pictures import Merged, PictureSet, Seen, Tell, look_at, merge
from .vocabulary import Vocabulary

TABLES = (".csv", ".jsonl")
# Below these a tag is in the vocabulary, and can be neither learnt nor measured.
FEWEST_PICTURES = 20
FEWEST_SOURCES = 2


@dataclass(frozen=True, slots=True)
class TagCount:
    """How much there is of one tag; `largest` is the share of its most frequent source, 0 to 1."""

    tag: str
    pictures: int
    sources: int
    largest: float

    @property
    def too_few(self) -> bool:
        """Whether there are too few pictures to learn the tag."""
        return self.pictures < FEWEST_PICTURES

    @property
    def cannot_be_held_out(self) -> bool:
        """Whether no split by source can both train and measure the tag."""
        return self.sources < FEWEST_SOURCES


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Files that are one picture. `exact`: byte for byte, rather than scaled or encoded anew."""

    names: tuple[str, ...]
    exact: bool
    tags_differ: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found out about a data set; names are paths in it.

    without_tag: how many pictures show none. alike: rows of two pictures from different sources
    that may be the same. aside: what lies there and is no part of the data set.
    """

    tags: tuple[TagCount, ...]
    without_tag: int
    duplicates: tuple[Duplicate, ...]
    alike: tuple[tuple[int, int], ...]
    unreadable: tuple[Unreadable, ...]
    aside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures, where they lie, and what was found out about them."""

    root: Path
    pictures: PictureSet
    audit: Audit

    @property
    def names(self) -> tuple[str, ...]:
        """Each picture's path relative to `root`."""
        return tuple(os.path.relpath(picture.path, self.root) for picture in self.pictures.pictures)


def read(
    path: Path, vocabulary: Vocabulary, rules: tuple[Rule, ...] = (), tell: Tell | None = None
) -> DataSet:
    """Read a folder by tag, or a `.csv` or `.jsonl` of `path,tags` and perhaps `source`.

    rules: what the data set does not say. tell: hears how many files of how many are read.

    Raises ModelError for an unknown tag, naming the nearest, if nothing can be read, and if all
    pictures show the same; OSError if `path` itself cannot be read.
    """
    listed = _listed(path, vocabulary)
    seen, unreadable = look_at(listed.entries, tell)
    unreadable = [*listed.unreadable, *unreadable]
    if not seen:
        first = unreadable[0]
        raise ModelError(f"{path}: no picture can be read; {first.path}: {first.reason}")
    merged = merge(seen, rules)
    _refuse_one_class(path, merged.pictures, vocabulary)
    audit = Audit(
        tags=_counted(merged.pictures, vocabulary),
        without_tag=sum(not picture.columns for picture in merged.pictures.pictures),
        duplicates=_duplicates(seen, merged),
        alike=merged.alike,
        unreadable=tuple(unreadable),
        aside=listed.aside,
    )
    return DataSet(listed.root, merged.pictures, audit)


def _listed(path: Path, vocabulary: Vocabulary) -> Listed:
    if path.is_dir():
        return in_folders(path, vocabulary)
    if path.suffix.lower() in TABLES:
        return in_table(path, vocabulary)
    raise ModelError(f"{path}: neither a folder by tag nor a {' or '.join(TABLES)} file")


def _refuse_one_class(path: Path, pictures: PictureSet, vocabulary: Vocabulary) -> None:
    shown = {picture.columns for picture in pictures.pictures}
    if len(shown) == 1:
        tags = ", ".join(vocabulary.names[column] for column in sorted(shown.pop())) or "no tag"
        raise ModelError(
            f"{path}: every picture shows {tags}, so there is nothing to tell apart; "
            "add pictures of another tag, or of none in _none"
        )


def _counted(pictures: PictureSet, vocabulary: Vocabulary) -> tuple[TagCount, ...]:
    """Count by group, since sources that are joined are held out together."""
    groups: dict[int, Counter[str]] = defaultdict(Counter)
    for picture, group in zip(pictures.pictures, pictures.groups, strict=True):
        for column in picture.columns:
            groups[column][group] += 1
    counts = []
    for column, name in enumerate(vocabulary.names):
        total = groups[column].total()
        largest = max(groups[column].values(), default=0) / max(total, 1)
        counts.append(TagCount(name, total, len(groups[column]), largest))
    return tuple(counts)


def _duplicates(seen: list[Seen], merged: Merged) -> tuple[Duplicate, ...]:
    duplicates = []
    for files in merged.same:
        if len(files) > 1:
            entries = [seen[i].entry for i in files]
            duplicates.append(
                Duplicate(
                    names=tuple(entry.name for entry in entries),
                    exact=len({seen[i].content for i in files}) == 1,
                    tags_differ=len({entry.columns for entry in entries}) > 1,
                    sources=tuple(sorted({entry.source for entry in entries})),
                )
            )
    return tuple(duplicates)
