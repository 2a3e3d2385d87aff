"""What an index holds: which runs, in which files, by which backbone. A JSON file with a digest.

Files are named by the SHA-256 of what is in them, and never changed: another content is another
file. So whoever reads an older catalogue still has what it names, or finds it gone.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from ...db.embeddings import CurrentRun

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as it was taken in: its embeddings are the next `points` of the segment.

    `mean` is the digest of the mean of its embeddings: a run that is scored anew has another
    number and the same mean.
    """

    run: CurrentRun
    mean: str
    points: int

    def __post_init__(self) -> None:
        if self.points < 0:
            raise ValueError(f"a run of {self.points} points")


@dataclass(frozen=True, slots=True)
class Segment:
    """A graph's file, and that of its points' shots, by their digests; the runs in their order."""

    graph: str
    shots: str
    entries: tuple[Entry, ...]

    @property
    def points(self) -> int:
        """How many points the graph has."""
        return sum(entry.points for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of an index. `fitted` is how many embeddings the projection was fitted to."""

    backbone: str
    projection: str
    step: float
    width: int
    fitted: int
    segments: tuple[Segment, ...]

    @property
    def entries(self) -> dict[int, Entry]:
        """The runs that were taken in, by their films; the latest of a film."""
        return {e.run.film_id: e for segment in self.segments for e in segment.entries}

    @property
    def points(self) -> int:
        """How many points there are, of runs that were replaced too."""
        return sum(segment.points for segment in self.segments)

    @property
    def files(self) -> set[str]:
        """The digests of all files."""
        return {self.projection} | {
            name for segment in self.segments for name in (segment.graph, segment.shots)
        }

    def dumps(self) -> str:
        """Write it down, with a digest."""
        body = json.dumps(_plain(self), sort_keys=True, separators=(",", ":"))
        return json.dumps({"format": FORMAT, "digest": _digest(body), "body": body})

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read what `dumps` wrote. Raises ValueError if one byte is another."""
        outer = json.loads(text)
        if not isinstance(outer, dict) or outer.get("format") != FORMAT:
            raise ValueError("of another format")
        body = outer.get("body")
        if not isinstance(body, str) or _digest(body) != outer.get("digest"):
            raise ValueError("not as it was written")
        fields: dict[str, Any] = json.loads(body)
        segments = fields.pop("segments")
        return cls(**fields, segments=tuple(_segment(*one) for one in segments))


def _plain(catalogue: Catalogue) -> dict[str, Any]:
    fields = {k: v for k, v in asdict(catalogue).items() if k != "segments"}
    rows = [
        (
            segment.graph,
            segment.shots,
            [
                (e.run.film_id, e.run.run_id, e.run.shots, e.run.network_frames, e.mean, e.points)
                for e in segment.entries
            ],
        )
        for segment in catalogue.segments
    ]
    return fields | {"segments": rows}


def _segment(graph: str, shots: str, rows: list[list[Any]]) -> Segment:
    entries = (Entry(CurrentRun(*row[:4]), row[4], row[5]) for row in rows)
    return Segment(graph, shots, tuple(entries))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
