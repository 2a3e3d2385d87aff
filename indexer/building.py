"""A run under construction: finished shots gather, and are stored stretch by stretch.

With each stretch goes what the film adds up to so far, so that a process that comes after can go on
from there, and arrive at the same numbers to the last bit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..db import jobs, runs
from ..db.jobs import Claim
from ..db.records import FilmFacts, SeenShot, Shot, ShotState
from ..db.store import Store
from .relevance import FilmTally

# Shots that are written in one transaction, and how long the first of them waits for it at most.
STRETCH = 64
STRETCH_S = 3.0
# A film without a finished shot is claimed anew this often; a lease is many times longer.
KEEP_S = 60.0


@dataclass(slots=True)
class Run:
    """Where one film's shots go."""

    run_id: int
    claim: Claim
    tally: FilmTally
    store: Store
    now_us: Callable[[], int]
    done: int = 0
    unseen_us: int = 0
    _stretch: list[SeenShot] = field(default_factory=list)
    _kept_s: float = field(default_factory=time.monotonic)

    def add(self, seen: SeenShot) -> None:
        """Take a finished shot, and store what has gathered when it is enough or old enough."""
        self._stretch.append(seen)
        if len(self._stretch) >= STRETCH or time.monotonic() - self._kept_s >= STRETCH_S:
            self.commit()

    def commit(self) -> None:
        """Store what has gathered. Raises ClaimLostError if another process has the film."""
        if not self._stretch:
            return
        with self.store.writing(beside=True) as db:
            jobs.keep(db, self.claim, self.now_us(), further=True)
            runs.append(db, self.run_id, self.done, self._stretch)
            runs.note_tally(db, self.run_id, self.tally.dumps())
        self.done += len(self._stretch)
        self.unseen_us += unseen_us([seen.shot for seen in self._stretch])
        self._stretch.clear()
        self._kept_s = time.monotonic()

    def keep(self) -> None:
        """Say from time to time that the film is still being worked on."""
        if time.monotonic() - self._kept_s >= KEEP_S:
            with self.store.writing(beside=True) as db:
                jobs.keep(db, self.claim, self.now_us(), further=False)
            self._kept_s = time.monotonic()

    def finish(self, facts: FilmFacts) -> None:
        """Store the rest, and make the run its film's current one."""
        self.commit()
        with self.store.writing(beside=True) as db:
            tags = self.tally.film_tags(facts.duration_us)
            # The claim first, as in `commit`: two that wait for each other's rows would never end.
            jobs.end_indexed(db, self.claim, self.now_us())
            runs.finish(db, self.run_id, facts, tags, self.now_us())


def unseen_us(shots: Sequence[Shot]) -> int:
    """Add up the time of shots that were not looked at."""
    return sum(one.span.length_us for one in shots if one.state is ShotState.NOT_LOOKED_AT)
