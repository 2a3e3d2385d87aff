"""How long a policy takes over a whole library.

    python tests/bench/moderation_library.py LIBRARY.db [--films 10000] [--shots 60]

Makes a library (if LIBRARY.db is not there) through the project's own storage code: the shipped
model's tags and thresholds, films of so many shots of 2 to 9 s. Each film shows 2 to 6 tags, each
in a few runs of shots with probabilities around its threshold; all else is low. Then compares
policies that ship, three times each.
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

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
from filmdex.db.store import Store
from filmdex.indexer import bundle
from filmdex.indexer.comparing import changes
from filmdex.indexer.moderation import shelf
from filmdex.indexer.relevance import FilmTally, TagRule

SETTINGS = RunSettings.of(Precision.EXACT, cuts="adaptive", long_shot_seconds=10.0)
COMMIT = 100
UNSEEN_SHARE = 0.01


def vectors(rng: np.random.Generator, shots: int, model: ModelFacts) -> np.ndarray:
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


def film(rng: np.random.Generator, shots: int, model: ModelFacts) -> Iterator[SeenShot]:
    """Make up a film's shots."""
    starts = np.concatenate([[0], np.cumsum(rng.integers(2_000_000, 9_000_000, shots))]).tolist()
    lost = rng.integers(0, shots) if rng.random() < UNSEEN_SHARE else -1
    for n, row in enumerate(vectors(rng, shots, model).tolist()):
        span, begins = Span(starts[n], starts[n + 1]), Boundary(starts[n], starts[n])
        if n == lost:
            yield SeenShot(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None), ())
            continue
        look = Sample((span.start_us + span.end_us) // 2, ShotState.LOOKED_AT)
        shot = Shot(span, begins, ShotState.LOOKED_AT, (look,), tuple(row))
        yield SeenShot(shot, (b"\0\0",))


def add_film(db: object, number: int, shots: int, model: ModelFacts, model_id: int) -> None:
    """Store one film as indexing does."""
    rng = np.random.default_rng(number)
    identity = FilmIdentity(f"{number:032x}", number)
    place = Location(b"/films/%05d.mkv" % number, number, 1)
    film_id = films.record(db, identity, place, 1, lambda _: False)
    seen = list(film(rng, shots, model))
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


def make(path: Path, count: int, shots: int) -> None:
    """Fill a library."""
    model = bundle.load(bundle.locate("default")).facts
    with Store.open(path) as store:
        for first in range(0, count, COMMIT):
            with store.writing() as db:
                model_id = models.register(db, model)
                for number in range(first, min(count, first + COMMIT)):
                    add_film(db, number, shots, model, model_id)
            print(f"\r{first + COMMIT} films", end="", flush=True)
    print()


def main() -> None:
    """Make the library if need be, and time comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--films", type=int, default=10_000)
    parser.add_argument("--shots", type=int, default=60)
    args = parser.parse_args()
    if not args.library.exists():
        began = time.perf_counter()
        make(args.library, args.films, args.shots)
        print(f"made in {time.perf_counter() - began:.0f} s")
    tags = bundle.load(bundle.locate("default")).facts.tags
    policies = [shelf.load(one.path, tags) for one in shelf.shelved(Path("/nonexistent"))]
    with Store.open(args.library, make=False) as store:
        for before, after in itertools.pairwise(policies):
            for _ in range(3):
                began = time.perf_counter()
                with store.reading() as db:
                    found = changes(db, before, after)
                took = time.perf_counter() - began
                print(
                    f"{took:6.2f} s  {before.name} -> {after.name}: "
                    f"{len(found.changed)} of {found.films} films change"
                )


if __name__ == "__main__":
    main()
