"""The half of the loop that keeps films under way. Driven by `step`, indexes in threads.

Keyframes first: a film is decoded whole when there is nothing left to do by keyframes.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from ...db import jobs, work
from ...db.errors import StoreError
from ...db.records import US_PER_SECOND
from ...db.work import Due
from ..indexing import Desk, Ended, Finished, index_found
from ..library import Found
from ..owner import lives, this_process
from .keeper import Alarm, Now

# After the database refused, or nothing was due, it is asked again after this long.
REFUSED_US = 10 * US_PER_SECOND
# A film that ended otherwise than indexed is not tried again at once, whatever its job says.
REST_US = 20 * US_PER_SECOND
NOTHING_DUE_US = 30 * US_PER_SECOND

Index = Callable[[Found, Desk], Ended]


@dataclass(slots=True)
class Foreman:
    """Films under way, as many as there are places; `desks` in the order of their passes."""

    desks: Sequence[Desk]
    places: int
    tell: Callable[[Alarm], None]
    index: Index = index_found
    _pool: ThreadPoolExecutor = field(init=False)
    _under_way: dict[Future[Ended], Due] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _resting: dict[int, int] = field(default_factory=dict)
    _not_before_us: int = 0
    _claims_left: bool = True

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.places, thread_name_prefix="film")

    @property
    def under_way(self) -> int:
        """How many films are being indexed."""
        return len(self._under_way)

    def step(self, now: Now, *, begin: bool, go_on: bool, not_below: Sequence[bytes] = ()) -> bool:
        """Take in what has ended, and begin what is due; tell whether anything was done.

        `begin` allows for new films, `go_on` for those under way: without it they are stopped, and
        what is finished of them kept. Films below frozen or absent roots, `not_below`, are left.
        """
        done = self._collect(now)
        if not go_on:
            self._stop.set()
        elif not self._under_way and self._stop.is_set():
            self._stop = threading.Event()
        full = self.under_way >= self.places
        if not begin or full or self._stop.is_set() or now.steady_us < self._not_before_us:
            return done
        return self._begin(now, not_below) or done

    def hurry(self) -> None:
        """Look for work at the next step: there is more than there was."""
        self._not_before_us = 0

    def drain(self, within_s: float) -> bool:
        """Stop all films, keeping what is finished of each; tell whether all have ended."""
        self._stop.set()
        left = wait(self._under_way, within_s).not_done
        self._pool.shutdown(wait=not left, cancel_futures=True)
        return not left

    def _collect(self, now: Now) -> bool:
        ended = [future for future in self._under_way if future.done()]
        for future in ended:
            due = self._under_way.pop(future)
            try:
                if not isinstance(future.result(), Finished) and not self._stop.is_set():
                    self._resting[due.film_id] = now.steady_us + REST_US
            except StoreError as error:
                self._refused(error, now)
        return bool(ended)

    def _begin(self, now: Now, not_below: Sequence[bytes]) -> bool:
        try:
            chosen = self._due(now, not_below)
        except StoreError as error:
            self._refused(error, now)
            return False
        for desk, due in chosen:
            found = Found(os.fsdecode(due.location.path), due.location)
            future = self._pool.submit(self.index, found, replace(desk, stop=self._stop))
            self._under_way[future] = due
        if not chosen:
            self._not_before_us = now.steady_us + NOTHING_DUE_US
        return bool(chosen)

    def _due(self, now: Now, not_below: Sequence[bytes]) -> list[tuple[Desk, Due]]:
        """Choose films for the free places; one that runs alone waits for all of them."""
        self._give_back(now)
        if any(due.alone for due in self._under_way.values()):
            return []
        busy = frozenset(due.film_id for due in self._under_way.values())
        self._resting = {k: until for k, until in self._resting.items() if until > now.steady_us}
        but = busy | self._resting.keys()
        free = self.places - self.under_way
        for desk in self.desks:
            with desk.store.reading() as db:
                wanted = desk.wanted
                found = work.due(
                    db,
                    wanted.model_digest,
                    wanted.settings,
                    lives,
                    now.wall_us,
                    free,
                    but,
                    not_below,
                )
            if found and found[0].alone:
                return [] if busy else [(desk, found[0])]
            if found:
                return [(desk, due) for due in found if not due.alone]
        return []

    def _give_back(self, now: Now) -> None:
        """Give back what this process held when the database refused to hear of it."""
        if not self._claims_left:
            return
        busy = frozenset(due.film_id for due in self._under_way.values())
        store = self.desks[0].store
        with store.writing(beside=True) as db:
            jobs.release_all(db, this_process(), busy, now.wall_us)
        self._claims_left = False

    def _refused(self, error: StoreError, now: Now) -> None:
        self._claims_left = True
        self._not_before_us = now.steady_us + REFUSED_US
        self.tell(Alarm(f"the library cannot be written to: {error}", grave=True))
