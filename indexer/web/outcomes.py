"""What becomes of the films on a page under a policy: computed once for what it depends on."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...db import curves, reviews
from ...db.curves import FilmRow
from ...db.store import Connection
from ..comparing import Library
from ..moderation.policy import Policy
from ..moderation.verdict import Outcome

_Key = tuple[str, FilmRow, tuple[int, int]]
# A key and its outcome take about a kilobyte.
MOST_KEPT = 50_000


@dataclass(slots=True)
class KeptOutcomes:
    """Verdicts' one words, kept by policy, run, names and how far the reviews have come."""

    _kept: dict[_Key, Outcome] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, db: Connection, policy: Policy, film_ids: Sequence[int]) -> dict[int, Outcome]:
        """Return the outcome of each of some films. Raises PolicyError if the policy fits none."""
        said = reviews.marks(db, film_ids)
        keys = {
            row.film_id: (policy.digest, row, said.get(row.film_id, (0, 0)))
            for row in curves.film_rows(db, film_ids)
        }
        left = [film_id for film_id, key in keys.items() if key not in self._kept]
        found = Library(db, left).outcomes(policy) if left else {}
        with self._lock:
            if len(self._kept) + len(found) > MOST_KEPT:
                self._kept.clear()
            self._kept |= {keys[film_id]: outcome for film_id, outcome in found.items()}
            return {film_id: self._kept[key] for film_id, key in keys.items() if key in self._kept}
