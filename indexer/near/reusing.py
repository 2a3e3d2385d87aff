"""Footage that several films of a library show: which films to compare, and comparing them.

With an index, a film is compared with those of whose shots two or more come out near its own, at
one offset. Without, with all others.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...db import embeddings, runs
from ...db.embeddings import CurrentRun, ShotKey, ShotPlace
from ...db.records import ShotState
from ...db.store import Connection
from ..similar import directions
from .aligning import APART_US, FilmLooks, Reuse, reused

if TYPE_CHECKING:
    from .asking import Index

# Shots that the index names for each, of so many that it looks at.
NEIGHBOURS = 30
LOOKED_AT = 100
# Films that are kept in memory: a film of 1200 shots takes 10 MB.
KEPT = 24
GRID_US = 2 * APART_US


class _Films:
    """Films' looks, the latest kept."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._kept: OrderedDict[int, FilmLooks] = OrderedDict()

    def looks(self, run: CurrentRun) -> FilmLooks:
        """Read what is compared of a film."""
        if run.run_id not in self._kept:
            self._kept[run.run_id] = _read(self._db, run)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(run.run_id)
        return self._kept[run.run_id]

    def places(self, keys: Sequence[ShotKey]) -> Collection[ShotPlace]:
        """Say where shots are."""
        return embeddings.places(self._db, keys).values()


def _read(db: Connection, run: CurrentRun) -> FilmLooks:
    shots = list(runs.shots(db, run.run_id))
    # Black, titles and haze look alike wherever they are from.
    telling = np.array([shot.state is ShotState.LOOKED_AT for shot in shots], bool)
    owners = np.array(embeddings.owners(db, run.run_id), np.int64)
    parts = [directions(some) for some in embeddings.of_run(db, run.run_id)]
    looks = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
    kept = telling[owners] if len(owners) else np.zeros(0, bool)
    return FilmLooks(
        run.film_id,
        np.array([shot.span.start_us for shot in shots], np.int64),
        np.array([shot.span.end_us for shot in shots], np.int64),
        owners[kept],
        looks[kept],
    )


def find_reused(
    db: Connection,
    index: "Index | None",
    current: Sequence[CurrentRun],
    only: int | None,
    tell: Callable[[int, int], None],
) -> Iterator[Reuse]:
    """Find the stretches that several of the runs' films show; each pair of films once.

    current: runs of one backbone; only: a film that must be one of the two. tell: how many films
    of how many were looked at.
    """
    films = _Films(db)
    by_film = {run.film_id: run for run in current}
    asking = [run for run in current if only in (None, run.film_id)]
    covered = index.covered(current) if index is not None else set()
    compared: set[tuple[int, int]] = set()
    for number, run in enumerate(asking):
        tell(number, len(asking))
        for other in _others(films, index, run, by_film, covered):
            pair = min(run.film_id, other), max(run.film_id, other)
            if pair not in compared:
                compared.add(pair)
                one, two = (films.looks(by_film[film_id]) for film_id in pair)
                yield from reused(one, two)


def _others(
    films: _Films,
    index: "Index | None",
    run: CurrentRun,
    by_film: dict[int, CurrentRun],
    covered: set[int],
) -> Iterator[int]:
    """Name the films that a film should be compared with."""
    everyone = (film_id for film_id in by_film if film_id != run.film_id)
    if index is None:
        yield from everyone
        return
    yield from _voted_for(films, index, run, covered - {run.run_id})
    # What is not in the index yet.
    yield from (film_id for film_id in everyone if by_film[film_id].run_id not in covered)


def _voted_for(
    films: _Films, index: "Index", run: CurrentRun, asked: Collection[int]
) -> Iterator[int]:
    """Name the films for which two shots' neighbours vote, at one offset."""
    looks = films.looks(run)
    votes: Counter[tuple[int, int, int]] = Counter()
    for shot, direction in zip(looks.shots.tolist(), looks.directions, strict=True):
        here = int(looks.starts_us[shot]), int(looks.ends_us[shot])
        said = set()
        for place in films.places(index.candidates(direction, NEIGHBOURS, asked, LOOKED_AT)):
            there = place.span.start_us, place.span.end_us
            for time_us, other_us in zip(here, there, strict=True):
                # Two grids, so that what lies near an edge in one lies within in the other.
                offset_us = other_us - time_us
                said |= {(place.film_id, n, (offset_us + n * APART_US) // GRID_US) for n in (0, 1)}
        votes.update(said)
    yield from sorted({film_id for (film_id, *_), count in votes.items() if count >= 2})
