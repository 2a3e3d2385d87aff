"""How fast the page answers while many ask and the library grows.

    python tests/bench/load.py LIBRARY.db [--clients 50] [--seconds 60] [--think 1.0]

`filmdex bench make-library` makes the library. Serves it by `filmdex serve`, has a process store
further films as indexing does (`--every` seconds one), and lets clients browse and search, each
with a pause of `--think` seconds in the mean between two requests. Prints percentiles of the time
to the last byte, by kind of request.
"""

import argparse
import asyncio
import itertools
import random
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import httpx2
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
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        write(args.library, args.shots, args.every)
    run(args)


def run(args: argparse.Namespace) -> None:
    """Serve, write and ask at once."""
    command = [str(Path(sys.executable).with_name("filmdex")), "serve", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--database", str(args.library)], stderr=subprocess.PIPE, text=True
    )
    writer = None
    try:
        assert server.stderr
        found = re.search(r"http://\S+", server.stderr.readline())
        assert found, "the page did not begin"
        if args.every:
            again = [sys.executable, __file__, str(args.library), "--write"]
            more = ["--shots", str(args.shots), "--every", str(args.every)]
            writer = subprocess.Popen([*again, *more])
        times, wrong = asyncio.run(ask(found[0].rstrip("/"), args))
    finally:
        for process in (server, writer):
            if process is not None:
                process.terminate()
                process.wait()
    report(times, wrong, args.seconds)


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


async def ask(home: str, args: argparse.Namespace) -> tuple[Times, dict[str, int]]:
    """Let clients ask until time is over; return how long each answer took, and what was wrong."""
    times: Times = defaultdict(list)
    wrong: dict[str, int] = defaultdict(int)
    limits = httpx2.Limits(max_connections=args.clients)
    async with httpx2.AsyncClient(base_url=home, limits=limits, timeout=60.0) as client:
        kinds = {
            kind: (share, await there(client, paths)) for kind, (share, paths) in KINDS.items()
        }
        ends_s = time.monotonic() + args.seconds
        clients = [
            one(
                client,
                random.Random(n),  # noqa: S311  nobody is to be surprised
                kinds,
                ends_s,
                args.think,
                times,
                wrong,
            )
            for n in range(args.clients)
        ]
        await asyncio.gather(*clients)
    return times, wrong


async def there(client: httpx2.AsyncClient, paths: tuple[str, ...]) -> list[str]:
    """Ask for each path once, unmeasured; leave out those that are not there."""
    kept = []
    for path in paths:
        answer = await client.get(path.format(word="forest", other="war", film=1))
        if answer.status_code == 200:
            kept.append(path)
        else:
            print(f"left out: {path} ({answer.status_code})")
    return kept


async def one(
    client: httpx2.AsyncClient,
    chance: random.Random,
    kinds: dict[str, tuple[float, list[str]]],
    ends_s: float,
    think_s: float,
    times: Times,
    wrong: dict[str, int],
) -> None:
    """Be one client."""
    shares = [share for share, _ in kinds.values()]
    await asyncio.sleep(chance.uniform(0, think_s))
    while time.monotonic() < ends_s:
        kind = chance.choices(list(kinds), shares)[0]
        word, other = chance.sample(WORDS, 2)
        template = chance.choice(kinds[kind][1])
        path = template.format(word=word, other=other, film=chance.randint(1, 9_999))
        began = time.perf_counter()
        answer = await client.get(path)
        took = time.perf_counter() - began
        times[kind].append(took)
        times[f"  {template}"].append(took)
        if answer.status_code != 200:
            wrong[f"{answer.status_code} {template}"] += 1
        await asyncio.sleep(chance.expovariate(1 / think_s))


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
