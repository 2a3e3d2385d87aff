"""A library of made-up films, written by the project's own storage code."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...db import films, models, runs
from ...db.records import FilmIdentity, Location, ModelFacts, Precision, RunSettings
from ...db.store import Connection, Store
from ...db.vectors import compact
from ..relevance import FilmTally, TagRule
from .made_film import SHOTS, Maker

SETTINGS = RunSettings.of(Precision.EXACT, cuts="hybrid", long_shot_seconds=10.0)
FILMS_AT_ONCE = 20
EMBEDDINGS = 4_096
_DAY_US = 86_400_000_000
_BEGAN_US = 20_000 * _DAY_US


def fill(
    store: Store,
    model: ModelFacts,
    count: int,
    *,
    shots: int = SHOTS,
    seed: int = 0,
    width: int = 0,
    with_embeddings: int = 0,
) -> Iterator[int]:
    """Store so many films; yield the shots that were stored, some films at a time.

    shots: of a film in the mean; width: of embeddings, which the first `with_embeddings` films get.
    """
    plain = Maker.of(model, seed)
    seen = replace(plain, vectors=embeddings(width) if with_embeddings else ())
    rules = tuple(
        TagRule(tag.tag, column, tag.threshold, 2.0, 0.0, 0.0)
        for column, tag in enumerate(model.tags)
        if tag.threshold is not None
    )
    for first in range(0, count, FILMS_AT_ONCE):
        stored = 0
        with store.writing() as db:
            model_id = models.register(db, model)
            for number in range(first, min(count, first + FILMS_AT_ONCE)):
                maker = seen if number < with_embeddings else plain
                stored += add_film(db, maker, number, shots, model_id, rules)
        yield stored


def add_film(
    db: Connection,
    maker: Maker,
    number: int,
    shots: int,
    model_id: int,
    rules: tuple[TagRule, ...],
) -> int:
    """Store one film as indexing does; return how many shots it has."""
    rng = maker.generator(number)
    lengths_us = maker.lengths_us(rng, shots)
    vectors = maker.probabilities(rng, len(lengths_us))
    facts = maker.facts(number, lengths_us)
    path = f"/films/{1920 + number % 100}/{maker.title(number)}.mkv".encode()
    identity = FilmIdentity(f"{maker.seed:032x}{number:032x}", 1_000_000 + number)
    now_us = _BEGAN_US + number * 60_000_000
    film_id = films.record(db, identity, Location(path, identity.size, 1), now_us, lambda _: False)
    run_id = runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0", facts, now_us)
    seen = maker.shots(rng, lengths_us, vectors)
    runs.append(db, run_id, 0, seen)
    looked_at = np.array([one.shot.probabilities is not None for one in seen])
    tally = FilmTally.over(rules, lengths_us[looked_at], vectors[looked_at], vectors[looked_at])
    runs.finish(db, run_id, facts, tally.film_tags(facts.duration_us), now_us)
    return len(seen)


def embeddings(width: int) -> tuple[bytes, ...]:
    """Make up some embeddings, as they are stored."""
    rng = np.random.default_rng(0)
    return tuple(compact(rng.gamma(0.5, 0.6, (EMBEDDINGS, width)).astype(np.float32)))
