"""Films under way: how many, which beside which, and what a database that refuses does to them."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import dialects
import pytest
import sqlalchemy as sa
from filling import MODEL, SETTINGS, add_film, index, rows
from filmdex.db import jobs, places
from filmdex.db.errors import StoreError
from filmdex.db.records import Precision, RunSettings
from filmdex.db.store import Store
from filmdex.db.tables import index_run, job
from filmdex.indexer.indexing import Desk, Ended, Skipped, Wanted
from filmdex.indexer.library import Found
from filmdex.indexer.owner import lives, this_process
from filmdex.indexer.watch.foreman import REFUSED_US, REST_US, Foreman
from filmdex.indexer.watch.keeper import Alarm, Now

dialect = dialects.dialect
PATIENCE_S = 20
KEYFRAMES = RunSettings.of(Precision.KEYFRAMES, gap_seconds=12.0)


@dataclass
class Hands:
    """Index films only when told to, and note which were begun."""

    begun: list[str] = field(default_factory=list)
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fails: bool = False

    def index(self, found: Found, desk: Desk) -> Ended:
        self.begun.append(f"{found.path} {desk.wanted.settings.precision}")
        while not self.gate.acquire(timeout=0.01):
            if desk.stop.is_set():
                return Skipped(found.path, "interrupted")
        if self.fails:
            raise StoreError("disk full")
        with desk.store.writing() as db:
            (film_id,) = places.films_at(db, [found.location.path])
            index(db, film_id)
        return Skipped(found.path, "done")


@dataclass
class Site:
    """A foreman, its hands, and its clock."""

    foreman: Foreman
    hands: Hands
    alarms: list[Alarm]
    at_us: int = 0

    def step(self, after_us: int = 1, *, begin: bool = True, go_on: bool = True) -> None:
        self.at_us += after_us
        self.foreman.step(Now(self.at_us, self.at_us), begin=begin, go_on=go_on)

    def begun(self, count: int) -> list[str]:
        """Wait until so many films were begun; name them."""
        ends_s = time.monotonic() + PATIENCE_S
        while len(self.hands.begun) < count:
            assert time.monotonic() < ends_s
        return list(self.hands.begun)

    def until(self, count: int, **how: bool) -> None:
        """Step until so many films are under way."""
        ended = threading.Event()
        for _ in range(PATIENCE_S * 100):
            self.step(**how)
            if self.foreman.under_way == count:
                return
            ended.wait(0.01)
        raise AssertionError(f"{self.foreman.under_way} films under way, not {count}")


@pytest.fixture
def site(store: Store) -> Iterator[Site]:
    hands, alarms = Hands(), list[Alarm]()
    desks = [
        Desk(
            plan=cast("Any", SimpleNamespace()),
            wanted=Wanted(MODEL.digest, settings),
            view=cast("Any", SimpleNamespace()),
            store=store,
            tell=lambda _: None,
            force=False,
            stop=threading.Event(),
        )
        for settings in (KEYFRAMES, SETTINGS)
    ]
    foreman = Foreman(desks, 2, alarms.append, hands.index)
    yield Site(foreman, hands, alarms)
    foreman.drain(PATIENCE_S)


def add(store: Store, count: int) -> list[int]:
    with store.writing() as db:
        return [add_film(db, n, b"/films/%d.mkv" % n) for n in range(count)]


def test_as_many_films_are_under_way_as_there_are_places(store: Store, site: Site) -> None:
    add(store, 3)
    site.step()
    assert site.foreman.under_way == 2
    site.hands.gate.release()
    site.until(1, begin=False)
    site.step()
    assert sorted(site.begun(3)) == [f"/films/{n}.mkv keyframes" for n in range(3)]


def test_films_are_decoded_whole_when_nothing_else_is_to_do(store: Store, site: Site) -> None:
    [first, _] = add(store, 2)
    with store.writing() as db:
        run = index(db, first)
        rough = {"precision": "keyframes", "settings": '{"gap_seconds": 12.0}'}
        db.execute(sa.update(index_run).where(index_run.c.id == run).values(rough))
    site.step()
    assert site.begun(1) == ["/films/1.mkv keyframes"]
    site.hands.gate.release()
    site.until(0, begin=False)
    site.step(REST_US)
    assert site.begun(2)[1:] == ["/films/0.mkv exact"]


def test_a_film_that_owners_died_of_runs_alone(store: Store, site: Site) -> None:
    ids = add(store, 3)
    with store.writing() as db:
        for film_id in ids:
            jobs.queue(db, film_id, 0, 1)
        db.execute(sa.update(job).where(job.c.film_id == ids[0]).values(deaths=5))
    site.step()
    assert sorted(site.begun(2)) == ["/films/1.mkv keyframes", "/films/2.mkv keyframes"]
    site.hands.gate.release()
    site.until(1)
    site.step(REFUSED_US)
    assert len(site.hands.begun) == 2  # one is still under way: it must not run beside it
    site.hands.gate.release()
    site.until(0, begin=False)
    site.step(REST_US)
    assert site.begun(3)[2:] == ["/films/0.mkv keyframes"]
    add_one_more(store)
    site.step(REFUSED_US)
    assert len(site.hands.begun) == 3


def add_one_more(store: Store) -> None:
    with store.writing() as db:
        add_film(db, 77, b"/films/late.mkv")


def test_pausing_stops_what_is_under_way_and_resuming_begins_anew(store: Store, site: Site) -> None:
    add(store, 1)
    site.step()
    site.begun(1)
    site.until(0, begin=False, go_on=False)
    site.step()
    site.step()
    assert site.begun(2) == ["/films/0.mkv keyframes"] * 2


def test_a_database_that_refuses_is_left_alone_for_a_while_and_claims_are_given_back(
    store: Store, site: Site
) -> None:
    [film_id, _] = add(store, 2)
    site.hands.fails = True
    site.step()
    with store.writing() as db:
        # As if it could not be written that the film was given back.
        jobs.claim(db, film_id, this_process(), lives, 1)
    site.hands.gate.release(2)
    site.until(0, begin=False)
    assert len(site.alarms) == 2
    assert all("disk full" in alarm.message and alarm.grave for alarm in site.alarms)
    begun = len(site.begun(2))
    site.step(REFUSED_US - 1000)
    assert len(site.hands.begun) == begun
    site.step(REFUSED_US)
    assert rows(store, "SELECT state FROM job WHERE film_id = ?", film_id) == [("queued",)]
    assert len(site.begun(begun + 2)) == begun + 2
