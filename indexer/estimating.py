"""A miss rate from the library: the draw as a document, and what came of looking at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..db import films, reviews
from ..db.errors import FilmdexError
from ..db.records import FilmIdentity, Indexed, Span
from ..db.store import Connection
from .judging import Judge, all_films
from .moderation.estimate import STRATA, Counted, Estimate, Unflagged, draw, estimate, unflagged
from .moderation.policy import Policy
from .moderation.rulings import rule_on
from .moderation.spans import within


class SampleError(FilmdexError):
    """A sample's document that cannot be read, or has not been looked at enough."""


def sample(db: Connection, policy: Policy, size: int, seed: int) -> dict[str, Any]:
    """Draw a sample of unflagged shots from the whole library, as a document to keep."""
    judge = Judge(policy)
    population: list[Unflagged] = []
    tags: dict[str, None] = {}
    for film in all_films(db):
        if not isinstance(film.state, Indexed):
            continue
        examined = judge.examine(db, film)
        assert examined.verdict.basis is not None  # noqa: S101  it is indexed
        rules = judge.fitted(examined.verdict.basis.model).rules
        tags |= dict.fromkeys(rule.tag for rule in rules)
        population += unflagged(examined.verdict, examined.shots, rules)
    drawn, sizes = draw(population, size, seed)
    return {
        "sample": "filmdex 1",
        "policy": policy.name,
        "policy_digest": policy.digest,
        "seed": seed,
        "strata": [
            {"from_ratio": edge, "shots": count} for edge, count in zip(STRATA, sizes, strict=True)
        ],
        "tags": list(tags),
        "shots": [
            {
                "fingerprint": shot.fingerprint,
                "film": shot.film_id,
                "start_us": shot.span.start_us,
                "end_us": shot.span.end_us,
                "stratum": shot.stratum,
            }
            for shot in drawn
        ],
    }


@dataclass(frozen=True, slots=True)
class Answered:
    """A sample with what people have said of it so far."""

    strata: tuple[Counted, ...]
    unanswered: int

    def estimate(self, confidence: float) -> Estimate:
        """Estimate from what was looked at. Raises SampleError if a stratum was not at all."""
        try:
            return estimate(self.strata, confidence)
        except ValueError as error:
            raise SampleError(
                f"{error}; {self.unanswered} shots of the sample wait for `filmdex review`"
            ) from error


def answered(db: Connection, document: Mapping[str, Any], policy: Policy) -> Answered:
    """Count what reviewers have said of a sample's shots.

    A shot is a miss if any of the policy's tags was found in it, and none if all of them were
    rejected for the whole of it. Raises SampleError if the document is none, or another policy's.
    """
    if document.get("policy_digest") != policy.digest:
        raise SampleError("the sample was drawn for another policy, or another version of it")
    try:
        sizes = [int(stratum["shots"]) for stratum in document["strata"]]
        looked, misses = [0] * len(sizes), [0] * len(sizes)
        tags: Sequence[str] = document["tags"]
        unanswered = 0
        for shot in document["shots"]:
            span = Span(shot["start_us"], shot["end_us"])
            found = _missed(db, policy, shot["fingerprint"], span, tags)
            if found is None:
                unanswered += 1
                continue
            looked[shot["stratum"]] += 1
            misses[shot["stratum"]] += found
        counted = map(Counted, sizes, looked, misses)
        return Answered(tuple(counted), unanswered)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SampleError(f"not a sample that filmdex drew: {error!r}") from error


def _missed(
    db: Connection, policy: Policy, fingerprint: str, span: Span, tags: Sequence[str]
) -> bool | None:
    """Whether people found a tag in a shot; None while they have not said of all of them."""
    film = films.with_identity(db, FilmIdentity(fingerprint, 0))
    if film is None:
        return None
    said = reviews.of_film(db, film.id)
    cleared = True
    for tag in tags:
        rulings = rule_on([r for r in said if r.opinion.tag == tag], policy.on_disagreement)
        if within(rulings.present, [span]):
            return True
        cleared = cleared and within(rulings.absent, [span]) == [span]
    return False if cleared else None
