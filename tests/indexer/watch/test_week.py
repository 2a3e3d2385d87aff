"""A week of a library in a minute: after every step the database says what the disk says."""

import random
import sys

import pytest
from filling import rows
from filmdex.db import places
from filmdex.db.store import Store
from filmdex.indexer.watch.keeper import Alarm, Now, RootKeeper, RootOrders
from filmdex.indexer.watch.ledger import Ledger
from library_week import ROOT, Deaf, Disk, Sight, fingerprint

SECOND = 1_000_000
SETTLE = 10 * SECOND
INTERVAL = 60 * SECOND
WEEK = 7 * 86400 * SECOND
STORED = (
    "SELECT path, fingerprint, location.size, mtime_ns, missing_us IS NOT NULL FROM location "
    "JOIN film ON film.id = film_id"
)


class Week:
    """A disk, a library, and the loop between them, which may be ended and begun again."""

    def __init__(self, store: Store, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.disk = Disk(self.chance)
        self.store = store
        self.alarms: list[Alarm] = []
        self.steady_us = 0
        self.wall_us = 1_700_000_000 * SECOND
        self.steps = 0
        self.frozen_since: list[object] | None = None
        self.begin()

    def begin(self) -> None:
        orders = RootOrders(ROOT, 0, INTERVAL, SETTLE)
        self.keeper = RootKeeper(
            orders, Sight(self.disk), Deaf(), Ledger(self.store), self.alarms.append
        )

    def step(self, after_us: int) -> None:
        self.steady_us += after_us
        self.wall_us += after_us
        self.keeper.step(Now(self.steady_us, self.wall_us))
        self.steps += 1
        self.check()

    def stored(self) -> list[tuple[bytes, str, int, int, int]]:
        return rows(self.store, STORED)

    def check(self) -> None:
        """What must hold after every single step, whatever is under way."""
        stored = self.stored()
        for path, film, size, mtime, missing in stored:
            file = self.disk.files.get(path)
            if file and not missing and (size, mtime) == (file.size, file.mtime_ns):
                assert film == fingerprint(file.content), path
        if self.keeper.frozen is None:
            self.frozen_since = None
        else:
            self.frozen_since = self.frozen_since or stored
            assert stored == self.frozen_since

    def settle(self) -> None:
        """Let nothing happen for long enough, then compare the database with the disk."""
        for _ in range(3):
            self.step(INTERVAL)  # begins a look
            for _ in range(3):
                self.step(SETTLE)
        if not self.disk.there:
            # A share without one known film on it loses nothing by being away.
            known = [path for path, _, _, _, missing in self.stored() if not missing]
            assert self.keeper.frozen or not known
            return
        if self.keeper.frozen:
            self.accept()
            self.settle()
            return
        there = {path: film for path, film, _, _, missing in self.stored() if not missing}
        assert there == {path: fingerprint(f.content) for path, f in self.disk.files.items()}

    def accept(self) -> None:
        """Do what `filmdex accept` does: a person says that these films were deleted."""
        with self.store.writing() as db:
            for place in places.below(db, ROOT):
                if place.location.path not in self.disk.files and place.missing_us is None:
                    places.lose(db, place.location.path, self.wall_us)
        self.frozen_since = None


def live(store: Store, seed: int, events: int) -> Week:
    week = Week(store, seed)
    gap_us = WEEK // events
    for number in range(events):
        week.disk.happen()
        if week.chance.random() < 0.002:
            week.disk.purge()
        if week.chance.random() < 0.01:
            week.begin()  # the daemon was restarted
        if week.chance.random() < 0.01:
            week.wall_us += week.chance.randrange(-7200, 7200) * SECOND  # the clock was set
        for _ in range(week.chance.randrange(3)):
            week.step(gap_us // 2)
        if number % 10 == 9:
            week.settle()
    week.disk.away = week.disk.emptied = False
    week.settle()
    return week


@pytest.mark.parametrize("seed", range(3))
def test_some_hours_of_a_library(store: Store, seed: int) -> None:
    week = live(store, seed, 150)
    assert week.steps > 150


def told(words: str) -> None:
    sys.stdout.write(f"{words}\n")


@pytest.mark.long
def test_a_week_of_a_library(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    with capsys.disabled():
        told(f"seed {seed}")
        week = live(store, seed, 10_000)
        alarms, files = len(week.alarms), len(week.disk.files)
        told(f"{week.steps} steps, {alarms} alarms, {files} files at the end")
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    assert week.steps > 10_000
