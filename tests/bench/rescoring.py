"""How fast a library is scored anew: the head alone, and with all reading and writing.

    python tests/bench/rescoring.py [--films 200] [--shots 1200] [--bundle default]

Makes a library of made-up embeddings with the project's own storage code in a temporary folder,
says that another model scored it, and lets the bundle's head score it.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from filmdex.db import embeddings, films, models, rescoring, runs
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
from filmdex.db.store import Store
from filmdex.db.vectors import HALF, compact
from filmdex.indexer import bundle
from filmdex.indexer.rescoring import Head, rescore
from filmdex.indexer.wall import wall_clock_us

SHOT_US = 4_500_000
SEED = 1


def main() -> None:
    """Print shots a second, both ways."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--shots", type=int, default=1200)
    parser.add_argument("--bundle", default=bundle.DEFAULT)
    asked = parser.parse_args()
    model = bundle.load(bundle.locate(asked.bundle))
    head = Head.of(model, 0)
    vectors = _embeddings(model.card.embedding_width)
    began, scored = time.perf_counter(), 0
    while time.perf_counter() < began + 5:
        scored += len(head.probabilities(vectors))
    print(f"head alone: {scored / (time.perf_counter() - began):,.0f} shots a second")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "library.db") as store:
        old = replace(head.facts, digest="0" * 64)
        began = time.perf_counter()
        for number in range(asked.films):
            _add_film(store, number, old, asked.shots, vectors)
        total = asked.films * asked.shots
        print(f"made: {total / (time.perf_counter() - began):,.0f} shots a second")
        with store.reading() as db:
            due = rescoring.stale(db, head.facts.digest)
        began = time.perf_counter()
        done = sum(one.shots for one in rescore(store, head, wall_clock_us, due))
        print(f"all of it: {done / (time.perf_counter() - began):,.0f} shots a second")


def _embeddings(width: int) -> list[bytes]:
    rng = np.random.default_rng(SEED)
    return compact(rng.gamma(0.5, 0.6, (embeddings.ROWS_AT_ONCE, width)).astype(np.float32))


def _add_film(
    store: Store, number: int, model: ModelFacts, shots: int, vectors: list[bytes]
) -> None:
    facts = FilmFacts("mp4", "h264", 1280, 720, 0, 25.0, shots * SHOT_US, 0, shots * 112, 0)
    rng = np.random.default_rng(number)
    tags = rng.beta(0.3, 6, (shots, len(model.tags))).astype(HALF).astype(float).tolist()
    seen = [
        SeenShot(
            Shot(
                Span(n * SHOT_US, (n + 1) * SHOT_US),
                Boundary(n * SHOT_US, n * SHOT_US),
                ShotState.LOOKED_AT,
                (Sample(n * SHOT_US + SHOT_US // 2, ShotState.LOOKED_AT),),
                tuple(tags[n]),
            ),
            (vectors[(number * shots + n) % len(vectors)],),
        )
        for n in range(shots)
    ]
    with store.writing() as db:
        identity = FilmIdentity(f"{number:064x}", 1)
        path = Location(f"/films/{number}.mkv".encode(), 1, 1)
        film_id = films.record(db, identity, path, 1, lambda _: False)
        model_id = models.register(db, model)
        settings = RunSettings.of(Precision.EXACT)
        run_id = runs.begin(db, film_id, model_id, settings, "cpu", "0", facts, 1)
        runs.append(db, run_id, 0, seen, model)
        runs.finish(db, run_id, facts, (), 2)


if __name__ == "__main__":
    main()
