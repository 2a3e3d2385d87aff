"""The index of similar shots against the exact search: recall at 10, time a query, time to build.

    python tests/bench/near.py LIBRARY [--made FILMS --folder FOLDER] [--queries N]

LIBRARY is one of real films, indexed by the default model; each of its samples in turn is asked
for. With `--made`, a library of FILMS x 1200 shots is made up in FOLDER
from its embeddings, and measured too:

- a film has 100 places: each is a mixture, by weights from a beta distribution (0.5, 0.5), of two
  samples of LIBRARY, drawn evenly;
- each shot is of one of its film's places, at which it differs as two samples do that follow each
  other in one real shot: such a difference, drawn evenly, times 0.3 to 1.2, is added; what falls
  below zero is zero, as in what the backbone gives.

Half of the queries are shots of the library that differ once more in that way, half are shots of
films that are not in it.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from filmdex.db import embeddings, films, models, runs
from filmdex.db.records import (
    Boundary,
    FilmFacts,
    FilmIdentity,
    Location,
    ModelFacts,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
)
from filmdex.db.store import Connection, Store
from filmdex.db.vectors import compact, expanded
from filmdex.indexer import bundle
from filmdex.indexer.near import asking
from filmdex.indexer.near.finding import CANDIDATES, find
from filmdex.indexer.near.updating import update
from filmdex.indexer.similar import directions, nearest

SHOTS, PLACES, MOST = 1200, 100, 10
Vectors = np.ndarray
Runs = list[embeddings.CurrentRun]
Truth = list[list[embeddings.ShotKey]]


def real(db: Connection, backbone: str) -> tuple[Vectors, Vectors]:
    """Read all embeddings, `(N, D)`, and differences of those that follow each other in a shot."""
    vectors, differences = [], []
    for run in embeddings.current_runs(db, backbone):
        stored = [one for some in embeddings.of_run(db, run.run_id) for one in some]
        if not stored:
            continue
        these = expanded(stored)
        owners = np.array(embeddings.owners(db, run.run_id))
        same = owners[1:] == owners[:-1]
        vectors.append(these)
        differences.append((these[1:] - these[:-1])[same])
    return np.concatenate(vectors), np.concatenate(differences)


def varied(rng: np.random.Generator, vectors: Vectors, differences: Vectors) -> Vectors:
    """Have vectors differ as those of one shot do."""
    chosen = differences[rng.integers(0, len(differences), len(vectors))]
    by = rng.uniform(0.3, 1.2, (len(vectors), 1)) * rng.choice([-1, 1], (len(vectors), 1))
    return np.maximum(vectors + by.astype(np.float32) * chosen, 0)


def made_film(rng: np.random.Generator, base: Vectors, differences: Vectors) -> Vectors:
    """Make up a film's shots, `(SHOTS, D)`."""
    one, other = base[rng.integers(0, len(base), (2, PLACES))]
    weight = rng.beta(0.5, 0.5, (PLACES, 1)).astype(np.float32)
    places = weight * one + (1 - weight) * other
    return varied(rng, places[rng.integers(0, PLACES, SHOTS)], differences)


def add_film(
    db: Connection, number: int, model: ModelFacts, model_id: int, vectors: Vectors
) -> None:
    """Store a film of shots of 2 to 9 s with these embeddings, and without tags."""
    rng = np.random.default_rng(number)
    ends = np.cumsum(rng.integers(2_000_000, 9_000_000, len(vectors))).tolist()
    seen = []
    for start, end, vector in zip([0, *ends[:-1]], ends, compact(vectors), strict=True):
        look = (Sample((start + end) // 2, ShotState.LOOKED_AT),)
        begins, nothing = Boundary(start, start), (0.0,) * len(model.tags)
        shot = Shot(Span(start, end), begins, ShotState.LOOKED_AT, look, nothing)
        seen.append(SeenShot(shot, (vector,)))
    place = Location(b"/films/%05d.mkv" % number, number, 1)
    identity = FilmIdentity(f"{number:032x}", number)
    film_id = films.record(db, identity, place, 1, lambda _: False)
    facts = FilmFacts("matroska", "h264", 1920, 1080, 0, 25.0, ends[-1], 0, 25 * len(seen), 0)
    settings = RunSettings.of(Precision.EXACT)
    run_id = runs.begin(db, film_id, model_id, settings, "cpu", "0", facts, 1)
    runs.append(db, run_id, 0, seen)
    runs.finish(db, run_id, facts, (), 2)


def make(store: Store, films: int, base: Vectors, differences: Vectors) -> str:
    """Make up a library; return its backbone."""
    model = bundle.load(bundle.locate(bundle.DEFAULT)).facts
    with store.writing() as db:
        model_id = models.register(db, model)
    for number in range(films):
        vectors = made_film(np.random.default_rng(number), base, differences)
        with store.writing() as db:
            add_film(db, number, model, model_id, vectors)
    return model.backbone


def queries(films: int, base: Vectors, differences: Vectors, count: int) -> Vectors:
    """Make up what is asked for, `(count, D)`: half from the library, half from other films."""
    rng = np.random.default_rng(1_000_000)
    within = [
        varied(rng, made_film(np.random.default_rng(n), base, differences)[:1], differences)
        for n in rng.integers(0, films, count // 2)
    ]
    foreign = [
        made_film(np.random.default_rng(films + n), base, differences)[:1]
        for n in range(count - count // 2)
    ]
    return directions(compact(np.concatenate(within + foreign)))


def exactly(db: Connection, backbone: str, asked: Vectors) -> Truth:
    """Return the MOST nearest shots of each direction, comparing all with all."""
    best: list[list[tuple[float, embeddings.ShotKey]]] = [[] for _ in asked]
    for run in embeddings.current_runs(db, backbone):
        owners = np.array(embeddings.owners(db, run.run_id))
        parts = [asked @ directions(some).T for some in embeddings.of_run(db, run.run_id)]
        if not parts:
            continue
        cosines = np.concatenate(parts, axis=1)  # (Q, N)
        of_shot = np.full((len(asked), owners[-1] + 1), -2.0, np.float32)
        np.maximum.at(of_shot, (slice(None), owners), cosines)
        top = np.argsort(-of_shot, axis=1)[:, :MOST]
        for n, row in enumerate(top):
            here = [(float(of_shot[n, s]), embeddings.ShotKey(run.run_id, int(s))) for s in row]
            best[n] = sorted([*best[n], *here], reverse=True)[:MOST]
    return [[key for _, key in one] for one in best]


def measure(store: Store, folder: Path, backbone: str, asked: Vectors) -> None:
    """Build the index, and print how it fares."""
    began = time.perf_counter()
    done = update(store, folder, backbone, 0, lambda *_: None)
    built_s = time.perf_counter() - began
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"built: {done.points} samples in {built_s:.1f} s, {size / 2**20:.0f} MB")
    began = time.perf_counter()
    index = asking.opened(folder, backbone)
    print(f"opened and verified in {(time.perf_counter() - began) * 1e3:.0f} ms")
    with store.reading() as db:
        truth = exactly(db, backbone, asked)
        runs = embeddings.current_runs(db, backbone)
        began = time.perf_counter()
        nearest(db, [run.run_id for run in runs], asked[0], MOST)
        print(f"exact search: {time.perf_counter() - began:.2f} s")
        for once in ("cold", "warm"):
            print(f"{once}: {_asked(db, index, runs, asked, truth)}")


def _asked(db: Connection, index: asking.Index, runs: Runs, asked: Vectors, truth: Truth) -> str:
    times_ms, hits = [], []
    cpu_s = time.process_time()
    for direction, right in zip(asked, truth, strict=True):
        began = time.perf_counter()
        found = find(db, index, runs, direction, MOST).found
        times_ms.append((time.perf_counter() - began) * 1e3)
        hits.append(len({one.key for one in found} & set(right)) / len(right))
    cpu_ms = (time.process_time() - cpu_s) * 1e3 / len(asked)
    middle, late = np.percentile(times_ms, [50, 95])
    worst = f"worst query {min(hits):.1f}"
    return (
        f"recall@{MOST} {np.mean(hits):.4f} ({worst}), {middle:.1f} ms, 95th percentile "
        f"{late:.1f} ms ({len(asked)} queries, {CANDIDATES} candidates of {asking.LOOKED_AT}); "
        f"{cpu_ms:.1f} ms of processor time"
    )


def every(vectors: Vectors, count: int) -> Iterator[int]:
    """Choose `count` of the places, evenly."""
    return iter(np.linspace(0, len(vectors) - 1, min(count, len(vectors))).astype(int).tolist())


def main() -> None:
    """Measure real films, then a made library."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--made", type=int, default=0, metavar="FILMS")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--queries", type=int, default=400)
    options = parser.parse_args()
    with Store.open(options.library, make=False) as store:
        with store.reading() as db:
            backbone = embeddings.backbones(db)[0]
            base, differences = real(db, backbone)
        print(f"real films: {len(base)} samples, {len(differences)} pairs within a shot")
        asked = directions(compact(base[list(every(base, options.queries))]))
        with tempfile.TemporaryDirectory() as folder:
            measure(store, Path(folder), backbone, asked)
    if options.made:
        options.folder.mkdir(parents=True, exist_ok=True)
        path = options.folder / f"made-{options.made}.db"
        is_there = path.exists()
        with Store.open(path) as store:
            began = time.perf_counter()
            if not is_there:
                backbone = make(store, options.made, base, differences)
            print(f"made: {options.made * SHOTS} shots in {time.perf_counter() - began:.0f} s")
            asked = queries(options.made, base, differences, options.queries)
            measure(store, options.folder / f"made-{options.made}.near", backbone, asked)


if __name__ == "__main__":
    main()
