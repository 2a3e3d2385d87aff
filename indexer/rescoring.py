"""A library scored anew by another head, from stored embeddings: no film is opened.

A film takes one transaction: whoever searches sees it as it was, or as it is now. What is
interrupted goes on with the films that are left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Self

import numpy as np
import numpy.typing as npt

from ..db import embeddings, models, rescoring, runs
from ..db.errors import ClaimLostError, ModelError
from ..db.records import FilmTag, ModelFacts
from ..db.rescoring import Stale, StoredShots
from ..db.store import Connection, Store
from ..db.vectors import HALF, expanded_table
from .bundle import Bundle, verify_files
from .planning import rules
from .relevance import FilmTally, TagRule, Vectors
from .sessions import Provider, Session, open_session


@dataclass(frozen=True, slots=True)
class Changed:
    """What a film says of a tag, before and now; None where a model does not report it."""

    tag: str
    before: FilmTag | None
    after: FilmTag | None

    @property
    def gained(self) -> bool:
        """Whether the film has the tag now and had it not."""
        return _present(self.after) and not _present(self.before)

    @property
    def lost(self) -> bool:
        """Whether the film had the tag and has it no more."""
        return _present(self.before) and not _present(self.after)


@dataclass(frozen=True, slots=True)
class Rescored:
    """A film that was scored anew, or that another process indexed meanwhile (`skipped`)."""

    film_id: int
    title: str
    shots: int
    changes: tuple[Changed, ...]
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a verified bundle, and what follows from its card."""

    facts: ModelFacts
    rules: tuple[TagRule, ...]
    session: Session

    @classmethod
    def of(cls, bundle: Bundle, threads: int) -> Self:
        """Open a bundle's head. Raises ModelError."""
        verify_files(bundle)
        session = open_session(bundle.path / bundle.card.head.file, Provider.CPU, threads)
        return cls(bundle.facts, rules(bundle.card), session)

    def probabilities(self, stored: npt.NDArray[np.uint8]) -> Vectors:
        """Score stored embeddings, `(N, width)` bytes: `(N, T)`, rounded to float16 as stored."""
        found = self.session.run(expanded_table(stored))
        return found.astype(HALF).astype(np.float64)


def rescore(
    store: Store, head: Head, now_us: Callable[[], int], films: list[Stale]
) -> Iterator[Rescored]:
    """Score films anew; yield each when it is done.

    Raises ModelError before the first one is touched if the head cannot score one of them, and
    StoreError.
    """
    with store.writing() as db:
        known = {of.model_id: models.read(db, of.model_id) for of in films}
        for of in films:
            require_scorable(of, known[of.model_id], head.facts)
        model_id = models.register(db, head.facts)
    for of in films:
        try:
            yield _rescored(store, head, of, known[of.model_id], model_id, now_us)
        except ClaimLostError:
            yield Rescored(of.film_id, of.title, 0, (), skipped=True)


def require_scorable(of: Stale, old: ModelFacts, new: ModelFacts) -> None:
    """Raise ModelError if a run by `old` does not hold what a head of `new` is fed with."""
    again = "`filmdex index --force` looks at it again"
    if not old.backbone:
        raise ModelError(
            f"{of.title}: nothing says which backbone its embeddings are of; index it once more "
            f"with {old.name}:{old.version}, or {again}"
        )
    if old.backbone != new.backbone:
        raise ModelError(
            f"{of.title}: its embeddings are of another backbone than {new.name}:{new.version}'s; "
            f"{again}"
        )
    experts = {tag.tag: (tag.expert, tag.threshold) for tag in old.tags if tag.expert is not None}
    for tag in new.tags:
        if tag.expert is not None and experts.get(tag.tag) != (tag.expert, tag.threshold):
            raise ModelError(
                f"{of.title}: {tag.tag} has a network to itself, which was another when it was "
                f"indexed; {again}"
            )


def _rescored(
    store: Store,
    head: Head,
    of: Stale,
    old: ModelFacts,
    model_id: int,
    now_us: Callable[[], int],
) -> Rescored:
    with store.reading() as db:
        stored = rescoring.shots(db, of.run_id, len(old.tags))
        samples = _scored(db, of.run_id, head)
        before = runs.film_tags(db, of.run_id)
    vectors = _shot_vectors(stored, samples, _experts(old, head.facts))
    seen = stored.looked_at
    tally = FilmTally.over(head.rules, stored.lengths_us[seen], vectors[seen], samples)
    experts = {tag.tag for tag in head.facts.tags if tag.expert is not None}
    weights = {entry.tag: entry.weight for entry in before if entry.tag in experts}
    after = tally.film_tags(of.duration_us, weights)
    with store.writing(beside=True) as db:
        rescoring.switch(
            db,
            of,
            model_id,
            stored,
            vectors,
            after,
            version("filmdex"),
            now_us(),
        )
    return Rescored(of.film_id, of.title, len(stored.lengths_us), changes(before, after))


def _scored(db: Connection, run_id: int, head: Head) -> Vectors:
    parts = [head.probabilities(some) for some in embeddings.tables_of_run(db, run_id)]
    return np.concatenate(parts) if parts else np.zeros((0, len(head.facts.tags)))


def _experts(old: ModelFacts, new: ModelFacts) -> dict[int, int]:
    """Return for each column of the new model that is an expert's the same tag's old column."""
    places = {tag.tag: column for column, tag in enumerate(old.tags)}
    return {n: places[tag.tag] for n, tag in enumerate(new.tags) if tag.expert is not None}


def _shot_vectors(stored: StoredShots, samples: Vectors, experts: dict[int, int]) -> Vectors:
    """Return `(S, T)`: the maximum over each shot's samples; what experts said stays."""
    vectors = np.zeros((len(stored.lengths_us), samples.shape[1]))
    np.maximum.at(vectors, stored.owners, samples)
    for new, old in experts.items():
        vectors[:, new] = stored.vectors[:, old]
    return vectors


def changes(before: tuple[FilmTag, ...], after: tuple[FilmTag, ...]) -> tuple[Changed, ...]:
    """Say of each tag that either run reports what it was and is, in the order of the new run."""
    old = {entry.tag: entry for entry in before}
    new = {entry.tag: entry for entry in after}
    return tuple(Changed(tag, old.get(tag), new.get(tag)) for tag in {**new, **old})


def _present(entry: FilmTag | None) -> bool:
    return entry is not None and entry.present
