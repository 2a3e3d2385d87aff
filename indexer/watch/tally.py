"""What the films of a daemon's life add up to: counted from any thread, read by the loop."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from ...db.records import US_PER_SECOND
from ..indexing import Advanced, Event, Finished, Refused, Skipped, Started
from ..pipeline import Position
from ..stages import Stage

# The rate is that of the last ten minutes, and so is what may be said of how long the rest takes.
RECENT_S = 600.0
ERRORS_KEPT = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """A film that could not be indexed, and when (on the wall's clock)."""

    path: str
    reason: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Count:
    """A moment's sums; `film_s` is the time of films that were gone through.

    `waited_s` is, by stage, what the threads of indexed films waited for.
    """

    films: int
    refused: int
    shots: int
    film_s: float
    decode_errors: int
    waited_s: Mapping[str, float]
    times_real_time: float
    under_way: tuple[tuple[str, Position], ...]
    problems: tuple[Problem, ...]


class WorkTally:
    """Listens to indexing. `now_s` is a clock that does not jump, `wall_us` the wall's."""

    def __init__(self, now_s: Callable[[], float], wall_us: Callable[[], int]) -> None:
        self._now_s, self._wall_us = now_s, wall_us
        self._lock = threading.Lock()
        self._running: dict[str, Position] = {}
        self._counts: Counter[str] = Counter()
        self._film_us = 0
        self._waited_s: dict[str, float] = dict.fromkeys(map(str, Stage), 0.0)
        self._recent: deque[tuple[float, int]] = deque()
        self._problems: deque[Problem] = deque(maxlen=ERRORS_KEPT)
        self._began_s = now_s()
        self.heard_s = now_s()

    def hear(self, event: Event) -> None:
        """Take in what indexing tells."""
        with self._lock:
            self.heard_s = self._now_s()
            match event:
                case Started(path):
                    self._running[path] = Position(0, 0, 0)
                case Advanced(path, position):
                    self._advance(path, position)
                case Finished(path, _, outcome):
                    self._running.pop(path, None)
                    self._counts["films"] += 1
                    self._counts["shots"] += outcome.shots
                    self._counts["decode_errors"] += outcome.facts.decode_errors
                    for stage, seconds in asdict(outcome.waited).items():
                        self._waited_s[stage] += seconds
                case Refused(path, reason):
                    self._running.pop(path, None)
                    self._counts["refused"] += 1
                    self._problems.append(Problem(path, reason, self._wall_us()))
                case Skipped(path):
                    self._running.pop(path, None)

    def _advance(self, path: str, position: Position) -> None:
        before = self._running.get(path)
        gone_us = position.position_us - (before.position_us if before else 0)
        self._running[path] = position
        if gone_us > 0:
            self._film_us += gone_us
            self._recent.append((self.heard_s, gone_us))

    def count(self) -> Count:
        """Return the sums so far."""
        with self._lock:
            now_s = self._now_s()
            while self._recent and self._recent[0][0] < now_s - RECENT_S:
                self._recent.popleft()
            recent_s = max(1.0, min(RECENT_S, now_s - self._began_s))
            return Count(
                films=self._counts["films"],
                refused=self._counts["refused"],
                shots=self._counts["shots"],
                film_s=self._film_us / US_PER_SECOND,
                decode_errors=self._counts["decode_errors"],
                waited_s=dict(self._waited_s),
                times_real_time=sum(us for _, us in self._recent) / US_PER_SECOND / recent_s,
                under_way=tuple(sorted(self._running.items())),
                problems=tuple(self._problems),
            )
