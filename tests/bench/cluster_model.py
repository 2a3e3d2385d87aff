"""How many films a day so many hosts and GPUs index, and what is full first: a simulation.

    python tests/bench/cluster_model.py measure FILM...   what a film costs here, part by part
    python tests/bench/cluster_model.py check FILM        the model against real runs, 1 and 2 cores
    python tests/bench/cluster_model.py scale             1, 10, 100 hosts, 0 to 16 GPUs each

Discrete events: a film goes chunk by chunk through stations, each with so many servers and a queue
in order of arrival: storage -> a core of its host -> a core, or a GPU, of its host -> the driver.
A film is at most AHEAD chunks further decoded than stored. See docs/scaling.md for what is assumed.
"""

import argparse
import heapq
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

DAY_S = 86_400
AHEAD = 2
Then = Callable[[], None]


@dataclass(frozen=True)
class Film:
    """What one film needs: seconds of one core, of one GPU, of the driver; and bytes."""

    length_s: float
    decode_s: float
    samples: float
    look_cpu_s: float
    look_gpu_s: float
    store_s: float
    read_bytes: float
    kept_bytes: float


# 100 minutes of 1080 lines as this machine has it: see docs/scaling.md for each number's command.
FILM = Film(
    length_s=6000,
    decode_s=6000 * 0.162,
    samples=1800,
    look_cpu_s=1800 * 0.115,
    look_gpu_s=1800 / 2000,
    store_s=1500 * 0.0025,
    read_bytes=6000 * 1e6,
    kept_bytes=1500 * 4000,
)


@dataclass(frozen=True)
class Plant:
    """A cluster: hosts, each with cores and GPUs; and what all of them share."""

    hosts: int
    cores: int
    gpus: int
    storage_bytes_s: float = 1.25e9
    drivers: int = 1

    @property
    def films_at_a_time(self) -> int:
        """As `filmdex index --engine ray` has them: two cores a film, or one beside GPUs."""
        return self.hosts * max(1, self.cores // (1 if self.gpus else 2))


class Station:
    """So many servers and one queue. `busy_s` adds up what they worked."""

    def __init__(self, clock: "Clock", servers: int) -> None:
        self.clock, self.servers, self.free = clock, servers, servers
        self.waiting: deque[tuple[float, Then]] = deque()
        self.busy_s = 0.0

    def serve(self, seconds: float, then: Then) -> None:
        self.waiting.append((seconds, then))
        self._begin()

    def load(self) -> float:
        return self.busy_s / (self.servers * self.clock.now_s)

    def _begin(self) -> None:
        while self.free and self.waiting:
            seconds, then = self.waiting.popleft()
            self.free -= 1
            self.busy_s += seconds
            self.clock.after(seconds, lambda then=then: self._end(then))

    def _end(self, then: Then) -> None:
        self.free += 1
        then()
        self._begin()


class Clock:
    """The events to come."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._events: list[tuple[float, int, Then]] = []
        self._order = itertools.count()

    def after(self, seconds: float, then: Then) -> None:
        heapq.heappush(self._events, (self.now_s + seconds, next(self._order), then))

    def run(self) -> None:
        while self._events:
            self.now_s, _, then = heapq.heappop(self._events)
            then()


@dataclass
class Course:
    """One film on its way through the stations."""

    film: Film
    chunks: int
    storage: Station
    cores: Station
    eyes: Station
    driver: Station
    on_gpu: bool
    done: Then
    decoded: int = 0
    stored: int = 0
    decoding: bool = False

    def go_on(self) -> None:
        if self.decoding or self.decoded == self.chunks or self.decoded - self.stored > AHEAD:
            return
        self.decoding = True
        bytes_s = self.film.read_bytes / self.chunks / STORAGE_LANE
        self.storage.serve(bytes_s, self._decode)

    def _decode(self) -> None:
        self.cores.serve(self.film.decode_s / self.chunks, self._look)

    def _look(self) -> None:
        self.decoded, self.decoding = self.decoded + 1, False
        look_s = self.film.look_gpu_s if self.on_gpu else self.film.look_cpu_s
        self.eyes.serve(look_s / self.chunks, self._store)
        self.go_on()

    def _store(self) -> None:
        self.driver.serve(self.film.store_s / self.chunks, self._stored)

    def _stored(self) -> None:
        self.stored += 1
        if self.stored == self.chunks:
            self.done()
        self.go_on()


# Storage serves many at a time, each at this rate.
STORAGE_LANE = 125e6


@dataclass
class Result:
    """What a simulated run came to."""

    seconds: float
    films: int
    loads: dict[str, float] = field(default_factory=dict)

    @property
    def films_a_day(self) -> float:
        return self.films / self.seconds * DAY_S

    @property
    def full(self) -> str:
        return max(self.loads, key=lambda name: self.loads[name])


def simulate(plant: Plant, film: Film, films: int, chunks: int = 50) -> Result:
    """Index so many equal films; each host takes the next when one of its places is free."""
    clock = Clock()
    storage = Station(clock, max(1, round(plant.storage_bytes_s / STORAGE_LANE)))
    driver = Station(clock, plant.drivers)
    cores = [Station(clock, plant.cores) for _ in range(plant.hosts)]
    gpus = [Station(clock, plant.gpus) for _ in range(plant.hosts)] if plant.gpus else cores
    left = itertools.count(films, -1)

    def begin(host: int) -> None:
        if next(left) > 0:
            on_gpu = plant.gpus > 0
            Course(
                film, chunks, storage, cores[host], gpus[host], driver, on_gpu, lambda: begin(host)
            ).go_on()

    for place in range(plant.films_at_a_time):
        # Films do not all begin at once for long: nor do they here.
        start_s = place * film.decode_s / plant.films_at_a_time / 10
        clock.after(start_s, lambda host=place % plant.hosts: begin(host))
    clock.run()
    loads = {"storage": storage.load(), "driver": driver.load()}
    loads["cores"] = sum(one.load() for one in cores) / plant.hosts
    if plant.gpus:
        loads["GPUs"] = sum(one.load() for one in gpus) / plant.hosts
    return Result(clock.now_s, films, loads)


# -- what a film costs here ----------------------------------------------------------------------


def measured(path: Path) -> Film:
    """Decode, look and store one film, each by itself, in processor time of one thread."""
    from filmdex.db.records import Precision
    from filmdex.db.store import Store
    from filmdex.indexer import bundle, planning
    from filmdex.indexer.network import Network
    from filmdex.indexer.settings import Settings
    from filmdex.indexer.viewing import OwnViewing
    from filmdex.indexer.worker import SeenSample, Worker

    chosen = bundle.load(bundle.locate("default"))
    network = Network.open(chosen, "cpu", threads=1)
    plan = planning.plan(network, Settings.model_validate({}), Precision.EXACT, 1)
    fd = os.open(path, os.O_RDONLY)
    before = os.times()
    pictures, shots = [], 0
    with Worker(fd, replace(plan.orders, helpers=0), plan.limits, lambda: None) as worker:
        worker.probed()
        for event in worker.events():
            if isinstance(event, SeenSample) and event.picture is not None:
                pictures.append(event.picture)
            shots += type(event).__name__ == "CutShot"
        length_s = worker.facts.duration_us / 1e6
    after = os.times()
    decode_s = after.children_user + after.children_system
    decode_s -= before.children_user + before.children_system
    began = time.process_time()
    for picture in pictures[:40]:
        network.look(picture[None])
    look_s = (time.process_time() - began) / len(pictures[:40]) * len(pictures)
    with tempfile.TemporaryDirectory() as folder:
        store_s, kept = _stored(Path(folder) / "l.db", fd, path, plan, network, pictures[0])
    del OwnViewing, Store
    return Film(
        length_s, decode_s, len(pictures), look_s, len(pictures) / 2000, store_s * shots,
        path.stat().st_size, kept * shots,
    )  # fmt: skip
