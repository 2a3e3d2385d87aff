"""Blocks of films as search reads them: what is kept of many films' shots, side by side.

A block holds the films whose ids lie in one stretch of 32, as far as they have a complete run. Of
all their shots it keeps lengths and which were not looked at; of each tag those shots whose
probability is kept, which is what lies at or over the floor (tables.FLOOR) or the tag's threshold.
To read a tag of ten thousand films takes three hundred rows in place of ten thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .tables import FLOOR
from .vectors import HALF

FILMS_A_BLOCK = 32
# A film: the first columns name it, the others say how many shots it has, and how many of these
# were not looked at.
FILM = np.dtype(
    [
        ("film_id", "<i8"),
        ("run_id", "<i8"),
        ("model_id", "<i8"),
        ("shots", "<u4"),
        ("unseen", "<u4"),
    ]
)
SIZE = np.dtype("<u4")
_ORDINALS = (np.dtype("<u2"), np.dtype("<u4"))
_LENGTHS = (np.dtype("<u4"), np.dtype("<u8"))

Films = npt.NDArray[np.void]
Whole = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]
Numbers = npt.NDArray[np.integer[Any]]
_Value = TypeVar("_Value", bound=np.generic)


def kept_from(thresholds: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Return for each threshold the probability from which on one is kept; inf if never."""
    kept = [np.inf if at is None else min(FLOOR, at) for at in thresholds]
    return np.array(kept, np.float64)


def places(starts: Whole, sizes: Whole, ordinals: Numbers) -> Whole:
    """Return where shots lie whose film begins at one of `starts`: so many of each, `(K,)`."""
    return np.repeat(starts, sizes) + ordinals


def stretches(starts: Whole, sizes: Whole) -> Whole:
    """Return the numbers from each of `starts` on, so many of each: `(K,)`."""
    before = np.cumsum(sizes) - sizes
    return places(starts - before, sizes, np.arange(int(sizes.sum())))


@dataclass(frozen=True, slots=True, eq=False)
class Shelved:
    """A film as a block has it: shots' lengths, `unseen` ones' ordinals, and what tags keep.

    tags: for a tag's id the ordinals of shots, rising, and their probabilities, `(N,)` each.
    """

    film_id: int
    run_id: int
    model_id: int
    lengths_us: Whole
    unseen: Whole
    tags: Mapping[int, tuple[Whole, Halves]]


@dataclass(frozen=True, slots=True, eq=False)
class TagPart:
    """What one tag keeps of K films: how many shots of each `(K,)`, and of all in a row."""

    sizes: Whole
    ordinals: Whole
    probabilities: Halves

    @classmethod
    def empty(cls, films: int) -> "TagPart":
        """Return what keeps nothing."""
        return cls(np.zeros(films, np.int64), np.zeros(0, np.int64), np.zeros(0, HALF))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """K films `(K,)` by id; of all their shots in a row lengths, and ordinals of `unseen` ones."""

    films: Films
    lengths_us: Whole
    unseen: Whole
    tags: Mapping[int, TagPart]

    @classmethod
    def empty(cls) -> "Block":
        """Return a block without films."""
        return cls(np.zeros(0, FILM), np.zeros(0, np.int64), np.zeros(0, np.int64), {})

    def without(self, film_id: int) -> "Block":
        """Take a film out; nothing changes if it is not there."""
        at = int(np.searchsorted(self.films["film_id"], film_id))
        if at == len(self.films) or self.films["film_id"][at] != film_id:
            return self
        parts = {}
        for tag_id, part in self.tags.items():
            ordinals = _cut(part.sizes, part.ordinals, at)
            values = _cut(part.sizes, part.probabilities, at)
            if len(ordinals):
                parts[tag_id] = TagPart(np.delete(part.sizes, at), ordinals, values)
        return Block(
            np.delete(self.films, at),
            _cut(self.films["shots"], self.lengths_us, at),
            _cut(self.films["unseen"], self.unseen, at),
            parts,
        )

    def with_film(self, new: Shelved) -> "Block":
        """Put a film in, in the place of what was there of it."""
        left = self.without(new.film_id)
        at = int(np.searchsorted(left.films["film_id"], new.film_id))
        counts = len(new.lengths_us), len(new.unseen)
        record = np.array([(new.film_id, new.run_id, new.model_id, *counts)], FILM)
        parts = {}
        for tag_id in {**left.tags, **new.tags}:
            part = left.tags.get(tag_id) or TagPart.empty(len(left.films))
            ordinals, values = new.tags.get(tag_id) or (part.ordinals[:0], part.probabilities[:0])
            parts[tag_id] = TagPart(
                np.insert(part.sizes, at, len(ordinals)),
                _put(part.sizes, part.ordinals, at, ordinals),
                _put(part.sizes, part.probabilities, at, values),
            )
        return Block(
            np.concatenate([left.films[:at], record, left.films[at:]]),
            _put(left.films["shots"], left.lengths_us, at, new.lengths_us),
            _put(left.films["unseen"], left.unseen, at, new.unseen),
            parts,
        )


def _cut(sizes: Numbers, values: npt.NDArray[_Value], at: int) -> npt.NDArray[_Value]:
    start = int(sizes[:at].sum())
    return np.concatenate([values[:start], values[start + int(sizes[at]) :]])


def _put(
    sizes: Numbers, values: npt.NDArray[_Value], at: int, new: npt.NDArray[_Value]
) -> npt.NDArray[_Value]:
    start = int(sizes[:at].sum())
    return np.concatenate([values[:start], new, values[start:]])


# As rows have them: numbers in the fewest bytes of two widths that hold all of a row's.


def packed_ordinals(ordinals: Whole) -> bytes:
    """Pack ordinals in two bytes each, or in four where one of them needs more."""
    return _packed(ordinals, *_ORDINALS)


def packed_lengths(lengths_us: Whole) -> bytes:
    """Pack lengths in four bytes each, or in eight where a shot lasts over an hour."""
    return _packed(lengths_us, *_LENGTHS)


def _packed(numbers: Whole, short: npt.DTypeLike, long: npt.DTypeLike) -> bytes:
    fits = numbers.max(initial=0) <= np.iinfo(short).max
    return numbers.astype(short if fits else long).tobytes()


def unpacked_ordinals(rows: Sequence[bytes], sizes: Sequence[int]) -> Numbers:
    """Unpack rows of ordinals, of so many each, all in a row; in two bytes each if that does."""
    return _unpacked(rows, sizes, *_ORDINALS)


def unpacked_lengths(rows: Sequence[bytes], sizes: Sequence[int]) -> Numbers:
    """Unpack rows of lengths, of so many each, all in a row."""
    return _unpacked(rows, sizes, *_LENGTHS)


def _unpacked(
    rows: Sequence[bytes], sizes: Sequence[int], short: "np.dtype[Any]", long: "np.dtype[Any]"
) -> Numbers:
    together = b"".join(rows)
    if len(together) == sum(sizes) * short.itemsize:
        return np.frombuffer(together, short)
    kinds = (
        short if len(row) == size * short.itemsize else long
        for row, size in zip(rows, sizes, strict=True)
    )
    parts = [np.frombuffer(row, kind) for row, kind in zip(rows, kinds, strict=True)]
    return np.concatenate([np.zeros(0, long), *parts])
