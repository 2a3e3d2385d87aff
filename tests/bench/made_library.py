"""A library that is made up, through the project's own storage code: for benchmarks of it.

Films of so many shots of 2 to 9 s. Each film shows 2 to 6 tags, each in a few runs of shots with
probabilities around its threshold; all else is low.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from filmdex.db import films, models, runs
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
from filmdex.db.vectors import compact
from filmdex.indexer.relevance import FilmTally, TagRule

SETTINGS = RunSettings.of(Precision.EXACT, cuts="adaptive", long_shot_seconds=10.0)
COMMIT = 100
UNSEEN_SHARE = 0.01
EMBEDDINGS = 4096


def probabilities(rng: np.random.Generator, shots: int, model: ModelFacts) -> np.ndarray:
    """Make up a film's probabilities: `(shots, T)` float16 values."""
    found = rng.beta(0.3, 30, (shots, len(model.tags)))
    for column in rng.choice(len(model.tags), rng.integers(2, 7), replace=False):
        threshold = model.tags[column].threshold or 1.0
        for _ in range(rng.integers(1, 4)):
            first = rng.integers(0, shots)
            length = rng.integers(1, 8)
            piece = found[first : first + length, column]
            piece[:] = np.clip(rng.normal(threshold * 1.4, threshold * 0.5, len(piece)), 0, 1)
    return found.astype(np.float16).astype(np.float64)


def film(
    rng: np.random.Generator, shots: int, model: ModelFacts, vectors: Sequence[bytes]
) -> Iterator[SeenShot]:
    """Make up a film's shots, each with one of the `vectors` as its embedding."""
    starts = np.concatenate([[0], np.cumsum(rng.integers(2_000_000, 9_000_000, shots))]).tolist()
    lost = rng.integers(0, shots) if rng.random() < UNSEEN_SHARE else -1
    for n, row in enumerate(probabilities(rng, shots, model).tolist()):
        span, begins = Span(starts[n], starts[n + 1]), Boundary(starts[n], starts[n])
        if n == lost:
            yield SeenShot(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None), ())
            continue
        look = Sample((span.start_us + span.end_us) // 2, ShotState.LOOKED_AT)
        shot = Shot(span, begins, ShotState.LOOKED_AT, (look,), tuple(row))
        yield SeenShot(shot, (vectors[n % len(vectors)],))


def add_film(
    db: Connection,
    number: int,
    shots: int,
    model: ModelFacts,
    model_id: int,
    vectors: Sequence[bytes],
) -> None:
    """Store one film as indexing does."""
    rng = np.random.default_rng(number)
    identity = FilmIdentity(f"{number:032x}", number)
    place = Location(b"/films/%05d.mkv" % number, number, 1)
    film_id = films.record(db, identity, place, 1, lambda _: False)
    seen = list(film(rng, shots, model, vectors))
    facts = FilmFacts(
        "matroska", "h264", 1920, 1080, 0, 25.0, seen[-1].shot.span.end_us, 0, 25 * shots, 0
    )
    run_id = runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0", facts, 1)
    runs.append(db, run_id, 0, seen, model)
    rules = tuple(
        TagRule(t.tag, n, t.threshold, 0.0, 0.0, 0.0)
        for n, t in enumerate(model.tags)
        if t.threshold is not None
    )
    tally = FilmTally(rules)
    for one in seen:
        if one.shot.probabilities is not None:
            # Without samples every relevance is 0, at which no policy looks: half the time.
            tally.add(one.shot.span.length_us, one.shot.probabilities, [])
    runs.finish(db, run_id, facts, tally.film_tags(facts.duration_us), 2)


def fill(store: Store, model: ModelFacts, count: int, shots: int, width: int) -> None:
    """Store so many films of so many shots; width: of their embeddings."""
    vectors = embeddings(width)
    for first in range(0, count, COMMIT):
        with store.writing() as db:
            model_id = models.register(db, model)
            for number in range(first, min(count, first + COMMIT)):
                add_film(db, number, shots, model, model_id, vectors)
        print(f"\r{min(count, first + COMMIT)} films", end="", flush=True)
    print()


def embeddings(width: int) -> list[bytes]:
    """Make up some embeddings, as they are stored."""
    rng = np.random.default_rng(0)
    return compact(rng.gamma(0.5, 0.6, (EMBEDDINGS, width)).astype(np.float32))
