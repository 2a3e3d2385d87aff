"""Training, validation and test: 80, 10 and 10 % of each tag, no source on two sides."""

import json
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..db.errors import ModelError
from .datasets import DataSet
from .dealing import deal, refine
from .pictures import PictureSet, Rows

SIDES = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Splits:
    """Row numbers of a PictureSet: each row is on one side, and no side is empty."""

    train: Rows
    validation: Rows
    test: Rows

    def __post_init__(self) -> None:
        if empty := [name for name in SIDES if not getattr(self, name)]:
            raise ValueError(f"nothing is in {' and '.join(empty)}")
        rows = sorted(self.train + self.validation + self.test)
        if rows != list(range(len(rows))):
            raise ValueError(f"not each of {len(rows)} rows once")

    @property
    def sides(self) -> tuple[str, ...]:
        """The name of each row's side."""
        names = {row: name for name in SIDES for row in getattr(self, name)}
        return tuple(names[row] for row in range(len(names)))

    def dumps(self, data: DataSet) -> str:
        """Write as JSON, by the pictures' paths in the data set, with its digest."""
        names = data.names
        sides = {side: [names[row] for row in getattr(self, side)] for side in SIDES}
        document = {"format": FORMAT, "data_set": data.pictures.digest, **sides}
        return json.dumps(document, indent=1) + "\n"

    @classmethod
    def loads(cls, text: str, data: DataSet) -> Self:
        """Read what `dumps` wrote. Raises ModelError if it is of another data set, or damaged."""
        try:
            document = json.loads(text)
            form, digest = document["format"], document["data_set"]
            sides = [document[side] for side in SIDES]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"splits: not a file of splits ({error}); split anew") from error
        if form != FORMAT:
            raise ModelError(f"splits: of format {form}, not {FORMAT}; split anew")
        if digest != data.pictures.digest:
            raise ModelError(
                f"splits: of another data set ({str(digest)[:12]}, this one is "
                f"{data.pictures.digest[:12]}); use the pictures it was made for, or split anew"
            )
        row_of = {name: row for row, name in enumerate(data.names)}
        try:
            splits = cls(*(tuple(row_of[name] for name in side) for side in sides))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"splits: damaged ({error}); split anew") from error
        if len(splits.sides) != len(row_of):
            raise ModelError("splits: some pictures are on no side; split anew")
        return splits


@dataclass(frozen=True, slots=True)
class Leak:
    """Two pictures that may be the same and are on different sides."""

    names: tuple[str, str]
    sides: tuple[str, str]


def split(pictures: PictureSet, tags: int, seed: int) -> Splits:
    """Deal the pictures out by groups of sources, as nearly as can be alike for each tag.

    Raises ModelError if there are too few sources for three sides.
    """
    names = sorted(set(pictures.groups))
    group = np.searchsorted(names, pictures.groups)
    labels = pictures.labels(tags)
    # What shows no tag is dealt out like one more tag.
    shown = np.column_stack([labels, ~labels.any(axis=1)]).astype(np.int64)
    counts = np.zeros((len(names), tags + 1), np.int64)
    np.add.at(counts, group, shown)
    rng, sizes = np.random.default_rng(seed), np.bincount(group)
    side = refine(deal(counts, sizes, SHARES, rng), counts, sizes, SHARES, rng)[group]
    rows = [tuple(np.flatnonzero(side == number).tolist()) for number in range(len(SIDES))]
    if not all(rows):
        raise ModelError(
            f"{len(pictures.pictures)} pictures from {len(names)} sources cannot be split: each "
            "source must be whole on one of three sides, and a large one is for training; "
            "name finer sources, or add pictures from others"
        )
    return Splits(*rows)


def leaks(splits: Splits, data: DataSet) -> tuple[Leak, ...]:
    """Name the pictures that may be the same and are on two sides all the same."""
    sides, names = splits.sides, data.names
    return tuple(
        Leak((names[one], names[other]), (sides[one], sides[other]))
        for one, other in data.audit.alike
        if sides[one] != sides[other]
    )
