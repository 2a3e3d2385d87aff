"""From the library to verdicts: reads what a verdict needs, and writes what it was to the audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..db import audit, films, models, reviews, runs
from ..db.audit import Head
from ..db.errors import FilmdexError
from ..db.records import (
    Failed,
    Film,
    Indexed,
    ModelFacts,
    Opinion,
    Queued,
    Review,
    Running,
    Shot,
    TagFacts,
    show_path,
)
from ..db.store import Connection, Store
from .audit_key import key_for, note_head
from .moderation import documents
from .moderation.expansion import Expansion, expand
from .moderation.judge import judge
from .moderation.policy import Policy
from .moderation.verdict import Basis, Subject, Verdict, unindexed
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Examined:
    """A film with its verdict and everything that the verdict was made from."""

    film: Film
    verdict: Verdict
    shots: tuple[Shot, ...]
    reviews: tuple[Review, ...]


@dataclass(slots=True)
class Judge:
    """Applies one policy to films of any model; fits it to each model once."""

    policy: Policy
    _expansions: dict[str, Expansion] = field(default_factory=dict)

    def examine(self, db: Connection, film: Film) -> Examined:
        """Judge one film as the library has it now.

        Raises PolicyError if the policy does not fit the film's model.
        """
        subject = subject_of(film)
        match film.state:
            case Indexed() as run:
                model = runs.model_of(db, run.run_id)
                shots = tuple(runs.shots(db, run.run_id))
                said = reviews.of_film(db, film.id)
                basis = Basis(run.run_id, model, run.settings.precision, run.facts.duration_us)
                verdict = judge(subject, basis, shots, self.policy, self.fitted(model), said)
                return Examined(film, verdict, shots, said)
            case Failed(_, reason):
                why = f"could not be indexed: {reason}"
            case Running() | Queued():
                why = "not indexed yet"
        return Examined(film, unindexed(subject, self.policy, why), (), ())

    def fitted(self, model: ModelFacts) -> Expansion:
        """Return the policy's rules for a model."""
        if model.digest not in self._expansions:
            self._expansions[model.digest] = expand(self.policy, model)
        return self._expansions[model.digest]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes to the audit, and notes its head in the log."""

    store: Store
    key: Path
    log: Path

    @classmethod
    def of(cls, store: Store, settings: Settings) -> "Keeper":
        """Keep the audit where the settings say."""
        return cls(store, settings.audit.key, settings.audit.log)

    def require_key(self) -> None:
        """Raise StoreError if nothing could be written; ask before making what it is to tell of."""
        with self.store.reading() as db:
            self._key(db)

    def verdict(self, verdict: Verdict, now_us: int) -> Head:
        """Write a verdict, and before it the policy and the model if they are new here."""
        with self.store.writing() as db:
            key = self._key(db)
            _note_made_by(db, key, verdict, now_us)
            body = documents.verdict_document(verdict)
            head = audit.append(db, key, "verdict", verdict.film.fingerprint, body, now_us)
        note_head(self.log, self.store.name, head, now_us)
        return head

    def opinion(self, opinion: Opinion, fingerprint: str, now_us: int) -> Review:
        """Keep a review, and write it to the audit in the same transaction."""
        with self.store.writing() as db:
            review = reviews.add(db, opinion, now_us)
            body = documents.review_row(review, fingerprint)
            head = audit.append(db, self._key(db), "review", fingerprint, body, now_us)
        note_head(self.log, self.store.name, head, now_us)
        return review

    def take_back(self, number: int, fingerprint: str, by: str, now_us: int) -> Review:
        """Have a review count no longer, and write that to the audit in the same transaction."""
        with self.store.writing() as db:
            review = reviews.take_back(db, number, by, now_us)
            body = documents.review_row(review, fingerprint) | {"taken_back_by": by}
            head = audit.append(db, self._key(db), "review", fingerprint, body, now_us)
        note_head(self.log, self.store.name, head, now_us)
        return review

    def policy(self, policy: Policy, by: str, now_us: int) -> Head:
        """Write that somebody saved a policy, with its text."""
        with self.store.writing() as db:
            body = documents.policy_document(policy) | {"saved_by": by}
            head = audit.append(db, self._key(db), "policy", policy.name, body, now_us)
        note_head(self.log, self.store.name, head, now_us)
        return head

    def output(self, verdict: Verdict, subject: str, body: Mapping[str, Any], now_us: int) -> Head:
        """Write that something was made from a verdict; before it what is new here, as there."""
        with self.store.writing() as db:
            key = self._key(db)
            _note_made_by(db, key, verdict, now_us)
            head = audit.append(db, key, "output", subject, body, now_us)
        note_head(self.log, self.store.name, head, now_us)
        return head

    def _key(self, db: Connection) -> bytes:
        return key_for(self.key, chain_is_empty=audit.head(db).number == 0)


def subject_of(film: Film) -> Subject:
    """Return a film as verdicts name it."""
    paths = tuple(show_path(path) for path in film.paths)
    return Subject(film.id, film.identity.fingerprint, film.title, paths)


def known_tags(db: Connection, settings: Settings) -> tuple[TagFacts, ...]:
    """Return every tag that a policy may name: the configured model's, and the library's."""
    from . import bundle

    tags = dict[str, TagFacts]()
    for model in models.listed(db):
        tags |= {facts.tag: facts for facts in model.tags}
    try:
        chosen = bundle.load(bundle.locate(settings.model.bundle)).facts
    except FilmdexError:
        if not tags:  # a library can be judged without the model that made it
            raise
    else:
        tags |= {facts.tag: facts for facts in chosen.tags}
    return tuple(tags.values())


def all_films(db: Connection) -> tuple[Film, ...]:
    """Read the whole library."""
    return films.listed(db)


def _note_made_by(db: Connection, key: bytes, verdict: Verdict, now_us: int) -> None:
    """Write the policy and the model of a verdict if they are new here."""
    policy = verdict.policy
    document = documents.policy_document(policy)
    _note_new(db, key, ("policy", policy.name), policy.digest, document, now_us)
    if verdict.basis is not None:
        model = verdict.basis.model
        _note_new(db, key, ("model", model.name), model.digest, _model_document(model), now_us)


def _note_new(
    db: Connection,
    key: bytes,
    about: tuple[str, str],
    digest: str,
    body: Mapping[str, Any],
    now_us: int,
) -> None:
    """Write a policy or a model if its digest is not the one last written under its name."""
    before = audit.last(db, *about)
    if before is None or f'"digest":"{digest}"' not in before.body:
        audit.append(db, key, *about, body, now_us)


def _model_document(model: ModelFacts) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "digest": model.digest,
        "thresholds": {facts.tag: facts.threshold for facts in model.tags},
    }
