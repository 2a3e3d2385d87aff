"""How fast the page answers while many ask and the library grows.

    python tests/bench/load.py LIBRARY.db [--clients 50] [--seconds 60] [--think 1.0] [--index FILM]

`filmdex bench make-library` makes the library. Serves it by `filmdex serve`, has a process store
further films as indexing does (`--every` seconds one), or `filmdex index` index a real film again
and again, and lets clients browse and search, each with a pause of `--think` seconds in the mean
between two requests. Prints percentiles of the time to the last byte, by kind of request, and what
the page, the clients and the indexing each took of the processors, with the machine's load.

The clients are few lines on sockets: a library for HTTP took as long to ask as the page to answer.
"""

import argparse
import asyncio
import itertools
import os
import random
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from filmdex.db import models, runs
from filmdex.db.store import Store
from filmdex.indexer import bundle
from filmdex.indexer.bench.made_film import Maker
from filmdex.indexer.bench.made_library import MadeFilm

WORDS = ("animal", "forest", "violence", "police", "music", "war", "smoking", "sports", "climbing")
POLICY = "example-family-evening"
PAGES = ("/", "/?query={word}", "/films/{film}", "/search?query={word}", "/status")
API = (
    "/api/v1/films?query={word}",
    "/api/v1/films?query={word} -{other}&order=duration desc, title",
    "/api/v1/films?query=seconds({word})>27&policy=" + POLICY,
    "/api/v1/shots?query={word}>=0.6",
    "/api/v1/shots?query={word} {other}&order=time",
    "/api/v1/query/count?query={word} or {other}",
    "/api/v1/query/complete?text={word} an",
)
FILM = (
    "/api/v1/films/{film}",
    "/api/v1/films/{film}/timeline",
    "/api/v1/films/{film}/spans?policy=" + POLICY,
    "/api/v1/films?limit=50&policy=" + POLICY,
)
KINDS = {"page": (0.3, PAGES), "api search": (0.4, API), "api film": (0.3, FILM)}
FILMDEX = str(Path(sys.executable).with_name("filmdex"))
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
Times = dict[str, list[float]]


def main() -> None:
    """Load a library's page, or be the writer beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--shots", type=int, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--every", type=float, default=0.5, help="0: nothing is written")
    parser.add_argument("--index", type=Path, metavar="FILM", help="index it, over and over")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        write(args.library, args.shots, args.every)
    run(args)


def run(args: argparse.Namespace) -> None:
    """Serve, write and ask at once."""
    serve = [FILMDEX, "serve", "--port", "0", "--database", str(args.library)]
    with subprocess.Popen(serve, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            found = re.search(r"http://([\d.]+):(\d+)", server.stderr.readline())
            assert found, "the page did not begin"
            with writing(args) as writer:
                pids = {"page": server.pid} | ({} if writer is None else {"indexing": writer})
                measured(found[1], int(found[2]), args, pids)
        finally:
            server.terminate()


@contextmanager
def writing(args: argparse.Namespace) -> Iterator[int | None]:
    """Have films stored until the block ends; give the process that does it."""
    command = [sys.executable, __file__, str(args.library), "--write"]
    command += ["--shots", str(args.shots), "--every", str(args.every)]
    if args.index:
        index = f'while :; do "{FILMDEX}" index -q --force --database "$0" "$1"; done'
        command = ["bash", "-c", index, str(args.library), str(args.index)]
    elif not args.every:
        yield None
        return
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, 15)


def measured(host: str, port: int, args: argparse.Namespace, pids: dict[str, int]) -> None:
    """Ask, and print how long answers took and what it cost."""
    times, wrong, shares = asyncio.run(ask(host, port, args, pids))
    report(times, wrong, args.seconds)
    told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    print(f"of one processor: {told}; load average {os.getloadavg()[0]:.1f}")
    asked = sum(len(some) for kind, some in times.items() if kind in KINDS)
    each_ms = 1000 * shares["page"] * args.seconds / asked
    print(f"of the processor, an answer of the page: {each_ms:.1f} ms")


def cpu_s(pid: int) -> float:
    """Return what a process and all its children, also those that are gone, have taken."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = Path(f"/proc/{pid}/task").glob("*/children")
        children = [child for thread in threads for child in thread.read_text().split()]
    except OSError:  # gone between two looks: its parent has its time
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS_A_SECOND + sum(cpu_s(int(one)) for one in children)


def write(path: Path, shots: int, every_s: float) -> None:
    """Store one film after the other, until told to end."""
    with Store.open(path) as store:
        model = bundle.load(bundle.locate(bundle.DEFAULT)).facts
        maker = Maker.of(model, int(time.time()))
        for number in itertools.count():
            film = MadeFilm.of(maker, number, shots)
            with store.writing() as db:
                run_id = film.begin(db, models.register(db, model))
                runs.append(db, run_id, 0, film.shots)
                film.finish(db, run_id)
            time.sleep(every_s)


@dataclass(slots=True)
class Connection:
    """A connection that is kept as long as the page lets it, and then made anew."""

    host: str
    port: int
    _open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> int:
        """Ask, read the answer to its last byte, and return its status."""
        if self._open is not None and self._open[0].at_eof():
            self._open[1].close()
            self._open = None
        self._open = self._open or await asyncio.open_connection(self.host, self.port)
        reader, writer = self._open
        asked = f"GET {quote(path, safe='/?&=,')} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n"
        writer.write(asked.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        assert length, head
        await reader.readexactly(int(length[1]))
        return int(head[9:12])


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who asks, reads for a while, and asks again."""

    chance: random.Random
    kinds: dict[str, tuple[float, list[str]]]
    think_s: float
    times: Times
    wrong: dict[str, int]

    async def browse(self, connection: Connection, ends_s: float) -> None:
        """Ask until time is over."""
        await asyncio.sleep(self.chance.uniform(0, self.think_s))
        while time.monotonic() < ends_s:
            kind, template, path = self.next()
            began_s = time.perf_counter()
            status = await connection.get(path)
            took_s = time.perf_counter() - began_s
            self.times[kind].append(took_s)
            self.times[f"  {template}"].append(took_s)
            if status != 200:
                self.wrong[f"{status} {template}"] += 1
            pause_s = self.chance.expovariate(1 / self.think_s)
            await asyncio.sleep(max(0.0, min(pause_s, ends_s - time.monotonic())))

    def next(self) -> tuple[str, str, str]:
        """Choose what to ask for next."""
        kind = self.chance.choices(list(self.kinds), [share for share, _ in self.kinds.values()])[0]
        template = self.chance.choice(self.kinds[kind][1])
        word, other = self.chance.sample(WORDS, 2)
        film = self.chance.randint(1, 9_999)
        return kind, template, template.format(word=word, other=other, film=film)


async def ask(
    host: str, port: int, args: argparse.Namespace, pids: dict[str, int]
) -> tuple[Times, dict[str, int], dict[str, float]]:
    """Let clients ask until time is over.

    Return how long each answer took, what was wrong, and how much of a processor each process
    took.
    """
    times: Times = defaultdict(list)
    wrong: dict[str, int] = defaultdict(int)
    pids = pids | {"clients": os.getpid()}
    first = Connection(host, port)
    kinds = {kind: (share, await there(first, paths)) for kind, (share, paths) in KINDS.items()}
    connections = [Connection(host, port) for _ in range(args.clients)]
    before = {name: own_s(pid) for name, pid in pids.items()}
    began_s = time.monotonic()
    ends_s = began_s + args.seconds
    await asyncio.gather(
        *(
            Client(random.Random(n), kinds, args.think, times, wrong).browse(connection, ends_s)  # noqa: S311
            for n, connection in enumerate(connections)
        )
    )
    took_s = time.monotonic() - began_s
    shares = {name: (own_s(pid) - before[name]) / took_s for name, pid in pids.items()}
    return times, wrong, shares


def own_s(pid: int) -> float:
    """Return what a process has taken; of this one without its children, which are the others."""
    return time.process_time() if pid == os.getpid() else cpu_s(pid)


async def there(connection: Connection, paths: tuple[str, ...]) -> list[str]:
    """Ask for each path once, unmeasured; leave out those that are not there."""
    kept = []
    for path in paths:
        status = await connection.get(path.format(word="forest", other="war", film=1))
        if status == 200:
            kept.append(path)
        else:
            print(f"left out: {path} ({status})")
    return kept


def report(times: Times, wrong: dict[str, int], seconds: float) -> None:
    """Print percentiles in milliseconds."""
    print(f"{'':66} {'asked':>6} {'a second':>8} {'50 %':>6} {'95 %':>6} {'99 %':>6} ms")
    for kind, some in sorted(times.items(), key=lambda pair: (pair[0].startswith(" "), pair[0])):
        ordered = sorted(some)
        at = [
            1000 * ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.95, 0.99)
        ]
        numbers = " ".join(f"{value:6.0f}" for value in at)
        print(f"{kind:66} {len(some):6} {len(some) / seconds:8.1f} {numbers}")
    print("answers other than 200:", dict(wrong) or "none")


if __name__ == "__main__":
    main()
