"""Bringing an index up to date with a library: what is new goes in, what is gone goes out.

A graph takes in and never gives up: a run that was replaced stays in it, and nobody asks for it. A
segment a third of which is such runs is made anew. Memory is bounded by the size of a segment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...db import embeddings
from ...db.embeddings import CurrentRun
from ...db.errors import IndexFault, StoreError
from ...db.store import Store
from ..similar import directions
from . import files
from .asking import read_projection
from .catalogue import Catalogue, Entry, Segment
from .graph import Graph
from .projection import Directions, Projection

# Points to a graph: some 70 MB in memory while it is made. A larger one finds less of what is in
# it, looking at as many points (tests/bench/near.py); and what is whole is kept when making the
# next is interrupted.
SEGMENT = 1 << 17
# Embeddings that the projection is fitted to, of so many films.
FITTED = 12_000
FITTED_FILMS = 300
# A projection that was fitted to less than a library's embeddings is fitted anew when it has so
# many times more.
GROWN = 4
DEAD_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Updated:
    """What was done: films taken in and renumbered, and what the index holds now.

    fault: what was wrong with the index that was there, if it had to be made anew.
    """

    added: int
    renumbered: int
    films: int
    points: int
    fault: str | None


def update(
    store: Store,
    folder: Path,
    backbone: str,
    threads: int,
    tell: Callable[[int, int], None],
    segment: int = SEGMENT,
) -> Updated:
    """Bring the index in `folder` up to date; tell: how many films of how many are taken in.

    Readers see it as it was until a segment is whole. Raises StoreError if another process does the
    same, and OSError.
    """
    with files.locked(folder):
        with store.reading() as db:
            runs = {run.film_id: run for run in embeddings.current_runs(db, backbone)}
            means = embeddings.mean_digests(db, backbone)
        known, fault = _known(folder, backbone)
        if known is not None and _outgrown(known, runs):
            known = None
        if known is None:
            known = _begun(store, folder, backbone, list(runs.values()))
        known, renumbered = _renumbered(known, runs, means)
        known = _weeded(known, runs)
        entries = known.entries
        missing = [
            r for r in runs.values() if r.film_id not in entries or entries[r.film_id].run != r
        ]
        work = _Adding(store, folder, known, means, threads, segment)
        for done, run in enumerate(missing):
            tell(done, len(missing))
            work.add(run)
        catalogue = work.finished()
    films = sum(entry.run == runs.get(film_id) for film_id, entry in catalogue.entries.items())
    return Updated(len(missing), renumbered, films, catalogue.points, fault)


def _known(folder: Path, backbone: str) -> tuple[Catalogue | None, str | None]:
    """Read what is there; None, and why, if it is not as it was written."""
    try:
        known = files.read_catalogue(folder, backbone)
        for digest in known.files if known else ():
            files.mapped(folder, digest).close()
    except IndexFault as fault:
        return None, str(fault)
    return known, None


def _outgrown(known: Catalogue, runs: dict[int, CurrentRun]) -> bool:
    shots = sum(run.shots for run in runs.values())
    return known.fitted < FITTED and shots > GROWN * known.fitted


def _begun(store: Store, folder: Path, backbone: str, runs: Sequence[CurrentRun]) -> Catalogue:
    """Begin an index: fit the projection to a sample of the library."""
    sample = _sample(store, runs)
    projection = Projection.fitted(sample)
    rows = np.concatenate([projection.mean[None], projection.axes.T])
    name = files.write(folder, lambda path: _save(path, rows))
    return Catalogue(backbone, name, projection.step, projection.width, len(sample), ())


def _sample(store: Store, runs: Sequence[CurrentRun]) -> Directions:
    """Take embeddings from films evenly spread over the library. Raises StoreError if none has."""
    chosen = runs[:: max(1, len(runs) // FITTED_FILMS)]
    each = max(1, FITTED // max(1, len(chosen)))
    parts = []
    for run in chosen:
        with store.reading() as db:
            stored = [one for some in embeddings.of_run(db, run.run_id) for one in some]
        if stored:
            parts.append(directions(stored[:: max(1, len(stored) // each)]))
    if not parts:
        raise StoreError("the library has no film in which anything was seen; index some first")
    return np.concatenate(parts)


def _renumbered(
    known: Catalogue, runs: dict[int, CurrentRun], means: dict[int, str]
) -> tuple[Catalogue, int]:
    """Give runs that were scored anew, whose embeddings are the old ones, their new numbers."""
    latest, number = known.entries, 0

    def now(entry: Entry) -> Entry:
        nonlocal number
        run = runs.get(entry.run.film_id)
        is_latest = latest[entry.run.film_id] is entry
        if run is None or not is_latest or run == entry.run or _differ(run, entry, means):
            return entry
        number += 1
        return replace(entry, run=run)

    segments = tuple(replace(s, entries=tuple(map(now, s.entries))) for s in known.segments)
    return replace(known, segments=segments), number


def _differ(run: CurrentRun, entry: Entry, means: dict[int, str]) -> bool:
    """Whether a run has other embeddings than those that were taken in."""
    return run.shots != entry.run.shots or means.get(run.film_id) != entry.mean


def _weeded(known: Catalogue, runs: dict[int, CurrentRun]) -> Catalogue:
    """Leave out segments of which too much is of runs that were replaced."""

    def is_alive(segment: Segment) -> bool:
        dead = sum(e.points for e in segment.entries if runs.get(e.run.film_id) != e.run)
        return dead <= DEAD_SHARE * segment.points

    return replace(known, segments=tuple(filter(is_alive, known.segments)))


class _Adding:
    """Takes runs in, one after the other; a segment that is full is written down."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        known: Catalogue,
        means: dict[int, str],
        threads: int,
        most: int,
    ) -> None:
        self._store, self._folder, self._means = store, folder, means
        self._threads, self._most = threads, most
        self._known = known
        self._projection = read_projection(folder, known)
        self._graph: Graph | None = None
        self._entries: list[Entry] = []
        self._shots: list[npt.NDArray[np.int32]] = []

    def add(self, run: CurrentRun) -> None:
        """Take a run in, if it is still its film's."""
        graph = self._graph or self._begin()
        with self._store.reading() as db:
            if embeddings.current_run(db, run.film_id) != run:
                return
            shots = np.array(embeddings.owners(db, run.run_id), np.int32)
            for some in embeddings.of_run(db, run.run_id):
                graph.add(self._projection.levels(directions(some)), self._threads)
        self._shots.append(shots)
        self._entries.append(Entry(run, self._means.get(run.film_id, ""), len(shots)))
        if len(graph) >= self._most:
            self._seal()

    def finished(self) -> Catalogue:
        """Write down what is not yet."""
        if self._graph is not None:
            self._seal()
        files.write_catalogue(self._folder, self._known)
        return self._known

    def _begin(self) -> Graph:
        """Go on with the last segment, or begin one if that is full."""
        *full, last = self._known.segments or (None,)
        if last is None or last.points >= self._most:
            self._graph = Graph.empty(self._known.width)
            return self._graph
        self._graph = Graph.loaded(self._folder / last.graph, self._known.width, last.points)
        self._shots = [np.load(self._folder / last.shots, allow_pickle=False)]
        self._entries = list(last.entries)
        self._known = replace(self._known, segments=tuple(full))
        return self._graph

    def _seal(self) -> None:
        assert self._graph is not None  # noqa: S101  add() began it
        shots = np.concatenate(self._shots)
        segment = Segment(
            graph=files.write(self._folder, self._graph.save),
            shots=files.write(self._folder, lambda path: _save(path, shots)),
            entries=tuple(self._entries),
        )
        self._known = replace(self._known, segments=(*self._known.segments, segment))
        files.write_catalogue(self._folder, self._known)
        self._graph, self._entries, self._shots = None, [], []


def _save(path: Path, array: npt.NDArray[np.generic]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
