"""What waits for a reviewer, also in a library that is too large to be judged at one request.

Which films a policy flags is looked up in the index. Judging one whole takes some hundredths of a
second, so that at each request a few more are judged, and what came of it is kept: the answer says
how many of them it speaks of.
"""

import threading
import time
from dataclasses import dataclass, field

from ...db import curves, films, reviews
from ...db.curves import FilmRow
from ...db.records import Indexed, Review
from ...db.store import Connection
from ..comparing import Library
from ..judging import Judge
from ..moderation.policy import Policy
from ..moderation.verdict import Verdict
from ..moderation.worth import Waiting, waiting

_Key = tuple[str, FilmRow, tuple[int, int]]
# Judged at one request, and how long the list of flagged films is taken for true.
AT_ONCE = 20
FLAGGED_S = 10.0
MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A film's verdict, and what was said of it."""

    verdict: Verdict
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, worthiest first, among the `judged` of all `flagged` films."""

    items: tuple[Waiting, ...]
    judged: int
    flagged: int


@dataclass(slots=True)
class Queues:
    """The queues of all policies and reviewers."""

    _judged: dict[_Key, Judged] = field(default_factory=dict)
    _flagged: dict[str, tuple[float, list[int]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, db: Connection, policy: Policy, reviewer: str) -> Queue:
        """Return what waits for a reviewer under a policy. Raises PolicyError if it fits none."""
        flagged = self._flagged_by(db, policy)
        said = reviews.marks(db, flagged)
        keys = [
            (policy.digest, row, said.get(row.film_id, (0, 0)))
            for row in curves.film_rows(db, flagged)
        ]
        self._judge_more(db, policy, keys)
        known = [self._judged[key] for key in keys if key in self._judged]
        of_film = {one.verdict.film.film_id: one.reviews for one in known}
        found = waiting((one.verdict for one in known), dict(of_film), reviewer)
        return Queue(tuple(found), len(known), len(keys))

    def _flagged_by(self, db: Connection, policy: Policy) -> list[int]:
        now_s = time.monotonic()
        then_s, found = self._flagged.get(policy.digest, (-FLAGGED_S, []))
        if now_s - then_s >= FLAGGED_S:
            found = sorted(Library(db).flagged(policy))
            self._flagged[policy.digest] = now_s, found
        return found

    def _judge_more(self, db: Connection, policy: Policy, keys: list[_Key]) -> None:
        judge = Judge(policy)
        with self._lock:
            if len(self._judged) > MOST_KEPT:
                self._judged.clear()
            for key in [key for key in keys if key not in self._judged][:AT_ONCE]:
                film = films.read(db, key[1].film_id)
                if isinstance(film.state, Indexed):
                    examined = judge.examine(db, film)
                    self._judged[key] = Judged(examined.verdict, examined.reviews)
