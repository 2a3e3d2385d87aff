"""A library of made-up films, written by the project's own storage code."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...db import films, models, runs
from ...db.records import (
    US_PER_SECOND,
    FilmFacts,
    FilmIdentity,
    FilmTag,
    Location,
    ModelFacts,
    Precision,
    RunSettings,
    SeenShot,
)
from ...db.store import Connection, Store
from ...db.vectors import compact
from ..relevance import FilmTally, TagRule
from .made_film import EMBEDDINGS, SHOTS, Maker

SETTINGS = RunSettings.of(Precision.EXACT, cuts="hybrid", long_shot_seconds=10.0)
FILMS_AT_ONCE = 20
_MINUTE_US = 60 * US_PER_SECOND
_BEGAN_US = 20_000 * 24 * 60 * _MINUTE_US


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
    for first in range(0, count, FILMS_AT_ONCE):
        stored = 0
        with store.writing() as db:
            model_id = models.register(db, model)
            for number in range(first, min(count, first + FILMS_AT_ONCE)):
                made = MadeFilm.of(seen if number < with_embeddings else plain, number, shots)
                run_id = made.begin(db, model_id)
                runs.append(db, run_id, 0, made.shots)
                made.finish(db, run_id)
                stored += len(made.shots)
        yield stored


@dataclass(frozen=True, slots=True)
class MadeFilm:
    """A film as looking at it would have found it, and where it is said to lie."""

    path: bytes
    identity: FilmIdentity
    seen_us: int
    facts: FilmFacts
    shots: tuple[SeenShot, ...]
    tags: tuple[FilmTag, ...]

    @classmethod
    def of(cls, maker: Maker, number: int, shots: int) -> "MadeFilm":
        """Make one up; shots: how many films have in the mean."""
        rng = maker.generator(number)
        lengths_us = maker.lengths_us(rng, shots)
        vectors = maker.probabilities(rng, len(lengths_us))
        seen = maker.shots(rng, lengths_us, vectors)
        facts = maker.facts(number, lengths_us)
        looked_at = np.array([one.shot.probabilities is not None for one in seen])
        vectors = vectors[looked_at]
        tally = FilmTally.over(_rules(maker.model), lengths_us[looked_at], vectors, vectors)
        path = f"/films/{1920 + number % 100}/{maker.title(number)}.mkv".encode()
        identity = FilmIdentity(f"{maker.seed:032x}{number:032x}", 1_000_000 + number)
        tags = tally.film_tags(facts.duration_us)
        return cls(path, identity, _BEGAN_US + number * _MINUTE_US, facts, tuple(seen), tags)

    def begin(self, db: Connection, model_id: int) -> int:
        """Record the film, and begin a run; return its id."""
        place = Location(self.path, self.identity.size, 1)
        film_id = films.record(db, self.identity, place, self.seen_us, lambda _: False)
        return runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0", self.facts, self.seen_us)

    def finish(self, db: Connection, run_id: int) -> None:
        """Make the run the film's current one."""
        runs.finish(db, run_id, self.facts, self.tags, self.seen_us)


def _rules(model: ModelFacts) -> tuple[TagRule, ...]:
    return tuple(
        TagRule(tag.tag, column, tag.threshold, 2.0, 0.0, 0.0)
        for column, tag in enumerate(model.tags)
        if tag.threshold is not None
    )


def embeddings(width: int) -> tuple[bytes, ...]:
    """Make up some embeddings, as they are stored."""
    rng = np.random.default_rng(0)
    return tuple(compact(rng.gamma(0.5, 0.6, (EMBEDDINGS, width)).astype(np.float32)))
