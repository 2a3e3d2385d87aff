"""How many films a day so many hosts and GPUs index, and what is full first: a simulation.

    python tests/bench/cluster_model.py measure FILM...   what a film costs here, part by part
    python tests/bench/cluster_model.py check FILM        the model against real runs, 1 and 2 cores
    python tests/bench/cluster_model.py scale             1, 10, 100 hosts, 0 to 16 GPUs

Discrete events: a film goes chunk by chunk through stations, each with so many servers and a queue
in order of arrival: storage -> a core of its host -> a core, or a GPU, of its host -> the driver.
A film is at most AHEAD chunks further decoded than stored. See docs/scaling.md for what is assumed.
"""

import argparse
import heapq
import itertools
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from filmdex.db import films as films_of
from filmdex.db import jobs
from filmdex.db.records import FilmFacts, Precision
from filmdex.db.store import Store
from filmdex.indexer import bundle, planning
from filmdex.indexer.fingerprint import fingerprint
from filmdex.indexer.library import location_of
from filmdex.indexer.network import Looked, Network
from filmdex.indexer.owner import lives, this_process
from filmdex.indexer.pipeline import Plan, index_film
from filmdex.indexer.pixels_type import Pixels
from filmdex.indexer.settings import Settings
from filmdex.indexer.stages import Stopwatch
from filmdex.indexer.viewing import LookedAt, OpenFilm, Reached, Shown, View, here
from filmdex.indexer.wall import wall_clock_us
from filmdex.indexer.wire import VIEWS

DAY_S = 86_400
AHEAD = 2
CORES = 16
# Storage serves many at a time, each at this rate.
STORAGE_LANE = 125e6
# Pictures a second of one GPU, both networks: an assumption, not measured.
GPU_PICTURES_S = 1000
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
    samples=1570,
    look_cpu_s=1570 * 0.113,
    look_gpu_s=1570 / GPU_PICTURES_S,
    # Stored shots, and a call every two seconds of decoding.
    store_s=1300 * 0.0004 + 6000 * 0.162 / 2 * 0.001,
    read_bytes=6000 * 1e6,
    kept_bytes=1300 * 6600,
)


@dataclass(frozen=True)
class Plant:
    """A cluster: hosts with so many cores each; the GPUs of them all; and what they share."""

    hosts: int
    cores: int
    gpus: int
    storage_bytes_s: float = 1.25e9
    drivers: int = 1

    @property
    def films_at_a_time(self) -> int:
        """As `filmdex index --engine ray` has them: one for each core."""
        return self.hosts * self.cores


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
    gpus = Station(clock, plant.gpus) if plant.gpus else None
    left = itertools.count(films, -1)

    def begin(host: int) -> None:
        if next(left) > 0:
            eyes, again = gpus or cores[host], lambda: begin(host)
            Course(
                film, chunks, storage, cores[host], eyes, driver, gpus is not None, again
            ).go_on()

    for place in range(plant.films_at_a_time):
        # Films do not all begin at once for long: nor do they here.
        start_s = place * film.decode_s / plant.films_at_a_time / 10
        clock.after(start_s, lambda host=place % plant.hosts: begin(host))
    clock.run()
    loads = {"storage": storage.load(), "driver": driver.load()}
    loads["cores"] = sum(one.load() for one in cores) / plant.hosts
    if gpus is not None:
        loads["GPUs"] = gpus.load()
    return Result(clock.now_s, films, loads)


# -- what a film costs here ----------------------------------------------------------------------


@dataclass
class Collecting:
    """Keeps pictures, and answers all with what the network makes of a blank one."""

    answer: Looked
    pictures: list[Pixels] = field(default_factory=list)

    def submit(self, picture: Pixels) -> "Future[Looked]":
        self.pictures.append(picture)
        told: Future[Looked] = Future()
        told.set_result(self.answer)
        return told


@dataclass
class Replayed:
    """A film that was seen before, told again at no cost but the driver's."""

    promised: FilmFacts
    events: list[Reached | LookedAt]
    facts: FilmFacts

    def probed(self) -> FilmFacts:
        return self.promised

    def shots(self, stored: Sequence[Shown]) -> Iterator[Reached | LookedAt]:
        return iter(self.events[len(stored) :])


def cpu_s() -> float:
    """Return the processor time of this process, and of its children that have ended."""
    return sum(os.times()[:4])


def measured(path: Path, now_s: Callable[[], float] = cpu_s) -> Film:
    """Decode, look and store one film, each by itself, on one thread."""
    chosen = bundle.load(bundle.locate("default"))
    network = Network.open(chosen, "cpu", threads=1)
    side = chosen.card.input.side
    (blank,) = network.look(np.zeros((1, VIEWS, side, side, 3), np.uint8))
    plan = planning.plan(network, Settings.model_validate({}), Precision.EXACT, 1)
    looker = Collecting(blank)
    fd = os.open(path, os.O_RDONLY)
    film = OpenFilm(fd, fingerprint(fd), location_of(fd, str(path.resolve())))
    orders = replace(plan.orders, helpers=0)
    began_s = now_s()
    with here(looker)(film, orders, plan.limits, lambda: None, Stopwatch()) as viewing:
        promised = viewing.probed()
        seen = Replayed(promised, list(viewing.shots(())), viewing.facts)
    decoded_s = now_s()
    for picture in looker.pictures:
        network.look(picture[None])
    looked_s = now_s()
    store_s, kept_bytes = _stored(film, plan, seen, now_s)
    return Film(
        length_s=seen.facts.duration_us / 1e6,
        decode_s=decoded_s - began_s,
        samples=len(looker.pictures),
        look_cpu_s=looked_s - decoded_s,
        look_gpu_s=len(looker.pictures) / GPU_PICTURES_S,
        store_s=store_s,
        read_bytes=path.stat().st_size,
        kept_bytes=kept_bytes,
    )


def _stored(
    film: OpenFilm, plan: Plan, seen: Replayed, now_s: Callable[[], float]
) -> tuple[float, int]:
    """Store a film, its answers unpickled as the driver would; return the time, and the bytes."""
    packed = pickle.dumps(seen.events)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.db"
        with Store.open(path) as store:
            empty = path.stat().st_size
            with store.writing() as db:
                film_id = films_of.record(db, film.identity, film.seen, 1, lambda _: False)
                claim = jobs.claim(db, film_id, this_process(), lives, 1)
            assert claim is not None
            began_s = now_s()
            seen.events = pickle.loads(packed)  # noqa: S301  our own, of a moment ago
            again: View = lambda *_: nullcontext(seen)  # noqa: E731
            index_film(film, claim, plan, again, store, wall_clock_us, lambda _: None, lambda: None)
            seconds = now_s() - began_s
        return seconds, path.stat().st_size - empty


# -- the model against real runs -------------------------------------------------------------------


def really(path: Path) -> float:
    """Index a film on the cores that this process has; return how long it took once begun."""
    with tempfile.TemporaryDirectory() as folder:
        index = [Path(sys.executable).with_name("filmdex"), "index", "--workers", "1"]
        command = [*index, "--database", f"{folder}/l.db", path]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"in ([\d.]+) s \(", done.stderr)
    assert found, done.stderr
    return float(found[1])


def check(path: Path) -> None:
    """Measure and foretell by the clock on the wall, so that others slow both down alike."""
    for cores in (1, 2):
        os.sched_setaffinity(0, set(range(cores)))
        film = measured(path, time.monotonic)
        foretold = simulate(Plant(1, cores, 0), film, 1).seconds
        was_s = really(path)
        print(
            f"{path.name}, {cores} cores: decode {film.decode_s:.1f} s, look "
            f"{film.look_cpu_s:.1f} s; model {foretold:.1f} s, real {was_s:.1f} s "
            f"({was_s / foretold - 1:+.0%}; load {os.getloadavg()[0]:.1f})",
            flush=True,
        )


def scale(films_in_all: int) -> None:
    print("| hosts | GPUs | films at a time | films a day | full first | loads | "
          f"{films_in_all:,} films |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for hosts, gpus in itertools.product((1, 10, 100), (0, 1, 2, 4, 8, 16)):
        plant = Plant(hosts, CORES, gpus)
        result = simulate(plant, FILM, plant.films_at_a_time * 4)
        loads = ", ".join(f"{name} {load:.0%}" for name, load in result.loads.items())
        hours = films_in_all / result.films_a_day * 24
        print(
            f"| {hosts} | {gpus} | {plant.films_at_a_time} | {result.films_a_day:,.0f} | "
            f"{result.full} | {loads} | {hours:,.0f} h |"
        )
    print(f"{films_in_all:,} films keep {FILM.kept_bytes * films_in_all / 1e12:.1f} TB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["measure", "check", "scale"])
    parser.add_argument("films", nargs="*", type=Path)
    asked = parser.parse_args()
    match asked.what:
        case "measure":
            for path in asked.films:
                print(path.name, measured(path))
        case "check":
            for path in asked.films:
                check(path)
        case _:
            scale(1_000_000)


if __name__ == "__main__":
    main()
