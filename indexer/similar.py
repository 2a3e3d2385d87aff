"""Shots compared with one, exactly: by the cosine of their embeddings.

A shot has one embedding or more; the nearest of them counts.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..db import embeddings
from ..db.embeddings import ShotKey
from ..db.store import Connection
from ..db.vectors import expanded

Direction = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """A shot, and the cosine of the angle to what was asked for."""

    key: ShotKey
    cosine: float


def directions(stored: Sequence[bytes]) -> Direction:
    """Return stored embeddings' directions, `(N, D)`."""
    vectors = expanded(stored)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Direction = vectors / np.maximum(lengths, np.float32(1e-12))
    return result


def nearest(db: Connection, run_ids: Iterable[int], asked: Direction, most: int) -> list[Found]:
    """Return the `most` nearest shots of some runs, nearest first, in memory that does not grow."""
    found: list[Found] = []
    for run_id in run_ids:
        found = best([*found, *_of_run(db, run_id, asked, most)], most)
    return found


def compared(db: Connection, keys: Sequence[ShotKey], asked: Direction) -> list[Found]:
    """Compare some shots; those that are gone are left out."""
    pairs = list(embeddings.of_shots(db, keys))
    if not pairs:
        return []
    cosines = directions([stored for _, stored in pairs]) @ asked
    return [Found(key, one) for (key, _), one in zip(pairs, cosines.tolist(), strict=True)]


def best(found: Iterable[Found], most: int) -> list[Found]:
    """Return the `most` nearest, nearest first, each shot once."""
    nearest_of: dict[ShotKey, Found] = {}
    for one in found:
        known = nearest_of.get(one.key)
        if known is None or one.cosine > known.cosine:
            nearest_of[one.key] = one
    return heapq.nsmallest(most, nearest_of.values(), key=lambda one: (-one.cosine, one.key))


def _of_run(db: Connection, run_id: int, asked: Direction, most: int) -> list[Found]:
    """Return the `most` nearest shots of a run, in no order."""
    owners = embeddings.owners(db, run_id)
    if not len(owners):
        return []
    parts = [directions(some) @ asked for some in embeddings.of_run(db, run_id)]
    ordinals, cosines = np.array(owners), np.concatenate(parts)
    nearest_of = np.full(ordinals[-1] + 1, -2.0, np.float32)
    np.maximum.at(nearest_of, ordinals, cosines)
    places = np.argsort(-nearest_of, kind="stable")[:most]
    return [
        Found(ShotKey(run_id, int(place)), float(nearest_of[place]))
        for place in places
        if nearest_of[place] > -2
    ]
