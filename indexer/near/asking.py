"""Asking an index: which shots may be the nearest. Whoever asks compares them exactly."""

import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from ...db.embeddings import CurrentRun, ShotKey
from ...db.errors import IndexFault
from . import files
from .catalogue import Catalogue, Segment
from .graph import Graph
from .projection import Directions, Levels, Projection

# Among so many times the shots that are asked for, none is left to the graph: all are candidates.
FEW = 4
# How many points a search looks at in each graph. What an answer lacks, it mostly lacks because too
# few were looked at, and looking is cheap; comparing is not. Chosen by tests/bench/near.py.
LOOKED_AT = 512
# How much further is looked where shots that are not wanted lay nearer.
FURTHER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A segment that is open, of E entries with P points.

    `counts (E,)` says how many points each entry has, `owners (P,)` and `shots (P,)` of which entry
    and shot each point is.
    """

    graph: Graph
    run_ids: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int32]
    shots: npt.NDArray[np.int32]

    @classmethod
    def opened(cls, folder: Path, segment: Segment, width: int) -> Self:
        """Map a segment's files. Raises IndexFault if one is not as it was written."""
        counts = np.array([entry.points for entry in segment.entries], np.int64)
        try:
            graph = Graph.mapped(files.mapped(folder, segment.graph), width, segment.points)
            shots = np.load(io.BytesIO(files.mapped(folder, segment.shots)), allow_pickle=False)
        except (ValueError, RuntimeError) as error:
            raise IndexFault(f"{folder}: {error}") from error
        if shots.shape != (segment.points,):
            raise IndexFault(f"{folder}: {segment.points} points, of {len(shots)} shots")
        return cls(
            graph=graph,
            run_ids=np.array([entry.run.run_id for entry in segment.entries], np.int64),
            counts=counts,
            owners=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
            shots=shots,
        )

    def nearest(
        self, asked: Levels, most: int, wanted: npt.NDArray[np.int64], looked_at: int
    ) -> "Candidates":
        """Return candidates among the runs that are `wanted`, enough for `most` if there are."""
        is_wanted = np.isin(self.run_ids, wanted)  # (E,)
        if (there := int(self.counts[is_wanted].sum())) <= FEW * most:
            places = np.flatnonzero(is_wanted[self.owners])
            return self._candidates(places, np.zeros(there, np.float32))
        count = min(max(most, looked_at), len(self.graph))
        while True:
            places, distances = self.graph.nearest(asked, count)
            kept = is_wanted[self.owners[places]]
            if kept.sum() >= most or count >= len(self.graph):
                return self._candidates(places[kept], distances[kept])
            count = min(count * FURTHER, len(self.graph))

    def _candidates(
        self, places: npt.NDArray[np.int64], distances: npt.NDArray[np.float32]
    ) -> "Candidates":
        return Candidates(self.run_ids[self.owners[places]], self.shots[places], distances)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Shots that may be the nearest, and how far they seem to be; 0 where nobody has looked."""

    run_ids: npt.NDArray[np.int64]
    shots: npt.NDArray[np.int32]
    distances: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """An open index, all of whose bytes are as they were written."""

    catalogue: Catalogue
    projection: Projection
    parts: tuple[Part, ...]

    def covered(self, runs: Iterable[CurrentRun]) -> set[int]:
        """Return the numbers of those runs that are in the index as they are in the library."""
        entries = self.catalogue.entries
        return {
            run.run_id
            for run in runs
            if (entry := entries.get(run.film_id)) is not None and entry.run == run
        }

    def candidates(
        self,
        asked: Directions,
        most: int,
        wanted: Collection[int],
        looked_at: int = LOOKED_AT,
    ) -> list[ShotKey]:
        """Name the shots of the `wanted` runs that may be the nearest to a direction.

        looked_at: how many points are looked at, of which the `most` nearest are named.
        """
        levels = self.projection.levels(asked[None])[0]
        runs = np.fromiter(wanted, np.int64, len(wanted))
        found = [part.nearest(levels, most, runs, looked_at) for part in self.parts]
        if not found:
            return []
        distances = np.concatenate([one.distances for one in found])
        keys = zip(
            np.concatenate([one.run_ids for one in found]).tolist(),
            np.concatenate([one.shots for one in found]).tolist(),
            distances.tolist(),
            strict=True,
        )
        nearest = sorted(keys, key=lambda one: one[2])
        # Those of small segments, which were not looked at, all come before.
        shots = dict.fromkeys(ShotKey(run_id, shot) for run_id, shot, _ in nearest)
        return list(shots)[: most + int((distances == 0).sum())]


def opened(folder: Path, backbone: str) -> Index | None:
    """Open the index of a library's shots by one backbone; None if there is none.

    Raises IndexFault if it is not as it was written.
    """
    while (catalogue := files.read_catalogue(folder, backbone)) is not None:
        try:
            return _opened(folder, catalogue)
        except IndexFault:
            # Another process may have put a newer one in its place meanwhile.
            if files.read_catalogue(folder, backbone) == catalogue:
                raise
    return None


def _opened(folder: Path, catalogue: Catalogue) -> Index:
    return Index(
        catalogue,
        read_projection(folder, catalogue),
        tuple(Part.opened(folder, segment, catalogue.width) for segment in catalogue.segments),
    )


def read_projection(folder: Path, catalogue: Catalogue) -> Projection:
    """Read the projection of an index. Raises IndexFault if it is not as it was written."""
    try:
        rows = np.load(
            io.BytesIO(files.mapped(folder, catalogue.projection)), allow_pickle=False
        )  # (1 + W, D): the mean, then the axes
        return Projection(rows[0], np.ascontiguousarray(rows[1:].T), catalogue.step)
    except (ValueError, IndexError) as error:
        raise IndexFault(f"{folder / catalogue.projection}: {error}") from error
