"""A film under way when the library's server goes away: nothing is lost, nothing done twice."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bundles import write_bundle
from clips import BLACK, BLUE, GREEN, RED, Take, render
from filling import rows
from filmdex.db import jobs
from filmdex.db.address import Server
from filmdex.db.errors import StoreError, UnreachableError
from filmdex.db.records import Precision
from filmdex.db.store import Store
from filmdex.indexer import building, indexing, library, planning
from filmdex.indexer.batching import Batcher
from filmdex.indexer.bundle import load
from filmdex.indexer.indexing import Event, Finished
from filmdex.indexer.network import Looked, Network
from filmdex.indexer.owner import this_process
from filmdex.indexer.pixels_type import Pixels
from filmdex.indexer.settings import Settings
from filmdex.indexer.viewing import here
from postgres_server import Cluster

TAKES = [Take(colour, 30) for colour in (RED, GREEN, BLUE, BLACK) * 5]


@pytest.fixture
def dialect() -> str:
    """What keeps the library: a file does not go away."""
    return "postgresql"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    bundle = write_bundle(tmp_path_factory.mktemp("bundles") / "colours")
    return Network.open(load(bundle), "cpu", threads=1)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return render(tmp_path / "film.mkv", TAKES)


@dataclass
class Outage:
    """Cuts all connections to a library, and lets nobody in for a while."""

    cluster: Cluster
    name: str
    times: int = 0
    _back: list[threading.Timer] = field(default_factory=list)

    def begin(self, seconds: float | None = None) -> None:
        """Begin, and end after so many seconds, or when told to."""
        self.times += 1
        self.cluster.ask(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        self.cluster.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", self.name
        )
        if seconds is not None:
            self._back.append(threading.Timer(seconds, self.end))
            self._back[-1].start()

    def end(self) -> None:
        self.cluster.ask(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")

    def wait(self) -> None:
        for timer in self._back:
            timer.join()


@pytest.fixture
def outage(cluster: Cluster, store: Store) -> Outage:
    return Outage(cluster, store.engine.url.database or "")


def index(
    film: Path, network: Network, store: Store, at_fourth: Callable[[], None], patience_s: float
) -> list[Event]:
    """Index a film; `at_fourth` is called when the network is to look for the fourth time."""
    told: list[Event] = []
    looks = itertools.count(1)

    def look(pictures: Pixels) -> list[Looked]:
        if next(looks) == 4:
            at_fourth()
        return network.look(pictures)

    wanted = planning.wanted(network.bundle, Settings(), Precision.EXACT)
    plan = planning.plan(network, Settings(), Precision.EXACT)
    # One picture at a time: the four colours then are four looks, however busy the machine.
    with Batcher(look, size=1) as batcher:
        stop = threading.Event()
        desk = indexing.Desk(
            plan, wanted, here(batcher), store, told.append, False, stop, patience_s=patience_s
        )
        indexing.index_all(
            [one for one in library.films_at([str(film)]) if isinstance(one, library.Found)],
            desk,
            1,
        )
    return told


def test_a_film_goes_on_when_the_server_is_back(
    film: Path,
    network: Network,
    store: Store,
    outage: Outage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(building, "STRETCH_S", 0.0)

    told = index(film, network, store, lambda: outage.begin(2.0), 60)
    outage.wait()
    assert isinstance(told[-1], Finished)
    assert outage.times == 1
    assert rows(store, "SELECT state, attempts, deaths, setbacks FROM job") == [
        ("indexed", 0, 0, 0)
    ]
    assert rows(store, "SELECT count(*) FROM index_run") == [(1,)]
    assert rows(store, "SELECT count(*) FROM shot") == [(len(TAKES),)]


def test_without_patience_it_is_given_up_and_taken_up_again(
    film: Path, network: Network, store: Store, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a daemon has it: it tells of it, and gives back what it held when it can."""
    monkeypatch.setattr(building, "STRETCH_S", 0.0)

    with pytest.raises(StoreError, match=r"while indexing .*film\.mkv: postgresql:") as away:
        # Until told to end: a busy machine may ask for nothing before a timer has run out.
        index(film, network, store, outage.begin, 0)
    assert isinstance(away.value.__cause__, UnreachableError)
    outage.end()
    with store.writing() as db:
        jobs.release_all(db, this_process(), frozenset(), 1)
    assert isinstance(index(film, network, store, lambda: None, 0)[-1], Finished)
    assert rows(store, "SELECT count(*) FROM shot") == [(len(TAKES),)]


def test_a_connection_that_was_lost_at_rest_is_made_anew(store: Store, outage: Outage) -> None:
    with store.reading() as db:
        jobs.counts(db, lambda _: True)
    outage.begin(0)
    outage.wait()
    with store.reading() as db:
        jobs.counts(db, lambda _: True)


def test_a_server_that_is_not_there_is_told_from_one_that_refuses(
    tmp_path: Path, cluster: Cluster
) -> None:
    with pytest.raises(UnreachableError, match="is the server running"):
        Store.open(Server(f"postgresql://me:secret@/films?host={tmp_path}"))
    with pytest.raises(StoreError, match=r'"nowhere" does not exist; `createdb`') as refused:
        Store.open(cluster.server("nowhere"))
    assert not isinstance(refused.value, UnreachableError)
