"""Libraries whose embeddings are known, for what is nearest and what occurs twice."""

from collections.abc import Iterator, Sequence

import numpy as np
from filling import FACTS, MODEL, SECOND, SETTINGS, add_film
from filmdex.db import models, runs
from filmdex.db.records import Boundary, Sample, SeenShot, Shot, ShotState, Span
from filmdex.db.store import Connection, Store
from filmdex.db.vectors import compact

WIDTH = 24


def vectors(seed: int, shots: int) -> np.ndarray:
    """Make up embeddings, `(shots, WIDTH)`, a few of which are alike."""
    rng = np.random.default_rng(seed)
    places = rng.gamma(0.5, 1.0, (max(1, shots // 3), WIDTH))
    chosen = places[rng.integers(0, len(places), shots)]
    return (chosen + rng.gamma(0.5, 0.1, chosen.shape)).astype(np.float32)


def shots_of(embeddings: np.ndarray) -> Iterator[SeenShot]:
    """Give each embedding a shot of 4 s; every fifth has its neighbour's too."""
    stored = compact(embeddings)
    for n, vector in enumerate(stored):
        span = Span(n * 4 * SECOND, (n + 1) * 4 * SECOND)
        both = (vector, stored[(n + 1) % len(stored)]) if n % 5 == 0 else (vector,)
        samples = tuple(
            Sample(span.start_us + (k + 1) * SECOND, ShotState.LOOKED_AT) for k in range(len(both))
        )
        begins = Boundary(span.start_us, span.start_us)
        shot = Shot(span, begins, ShotState.LOOKED_AT, samples, (0.0,) * len(MODEL.tags))
        yield SeenShot(shot, both)


def index_again(db: Connection, film_id: int, shots: Sequence[SeenShot]) -> int:
    """Give a film another run; return its id."""
    model_id = models.register(db, MODEL)
    run_id = runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0.1", FACTS, 100)
    runs.append(db, run_id, 0, shots)
    runs.finish(db, run_id, FACTS, (), 200)
    return run_id


def add(db: Connection, number: int, embeddings: np.ndarray) -> int:
    """Add a film with these embeddings; return its id."""
    film_id = add_film(db, number, f"/films/{number}.mkv".encode())
    index_again(db, film_id, list(shots_of(embeddings)))
    return film_id


def fill(store: Store, films: int, shots: int) -> list[int]:
    """Add films numbered from 1; return their ids."""
    with store.writing() as db:
        return [add(db, number, vectors(number, shots)) for number in range(1, films + 1)]
