"""What a daemon tells of itself: one value, stored as JSON, shown by `status` and as metrics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RootReport:
    """One root: how it is watched, and how that goes."""

    path: str
    how: str
    films: int
    looked_at_us: int | None
    looking_since_us: int | None
    frozen: str | None
    unread: int
    lost_watches: int


@dataclass(frozen=True, slots=True)
class PassReport:
    """What is left to do at one precision."""

    precision: str
    films: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FilmReport:
    """A film under way; `duration_us` is its header's promise, 0 if it made none."""

    path: str
    position_us: int
    duration_us: int
    shots: int


@dataclass(frozen=True, slots=True)
class ProblemReport:
    """What went wrong, and when."""

    about: str
    reason: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one daemon. Times are the wall's, microseconds since 1970.

    `waited_s` is, by stage, what the threads of indexed films waited for.
    """

    pid: int
    state: str
    started_us: int
    provider: str
    model: str
    parallel: int
    films_done: int
    films_refused: int
    shots_done: int
    film_seconds_done: float
    decode_errors: int
    waited_s: Mapping[str, float]
    times_real_time: float
    left_s: float | None
    roots: Sequence[RootReport] = ()
    left: Sequence[PassReport] = ()
    under_way: Sequence[FilmReport] = ()
    problems: Sequence[ProblemReport] = field(default=())

    def dumps(self) -> str:
        """Write it as JSON."""
        return json.dumps(asdict(self))

    @property
    def line(self) -> str:
        """Say it in one line, for systemd."""
        queued = sum(one.films for one in self.left[:1])
        frozen = sum(root.frozen is not None for root in self.roots)
        parts = [
            self.state,
            f"{len(self.under_way)} films under way",
            f"{queued} to do",
            f"{self.times_real_time:.1f} x real time",
        ]
        return ", ".join(parts + ([f"{frozen} roots frozen"] if frozen else []))


def loads(text: str) -> Report:
    """Read what `dumps` wrote. Raises ValueError or TypeError if another version wrote it."""
    row: dict[str, Any] = json.loads(text)
    for name, kind in (
        ("roots", RootReport),
        ("left", PassReport),
        ("under_way", FilmReport),
        ("problems", ProblemReport),
    ):
        row[name] = tuple(kind(**one) for one in row.get(name, ()))
    return Report(**row)
