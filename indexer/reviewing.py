"""The work of a reviewer: what waits, and taking decisions as they come, also as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..db import films
from ..db.errors import FilmdexError
from ..db.records import Decision, Film, FilmIdentity, Indexed, Opinion, Review, Span
from ..db.store import Connection
from .judging import Judge
from .moderation.policy import Policy
from .moderation.worth import Waiting, waiting


class DecisionsError(FilmdexError):
    """Decisions that cannot be read; nothing of them is kept."""


def queue(
    db: Connection, policy: Policy, listed: Sequence[Film], reviewer: str
) -> tuple[Waiting, ...]:
    """Return what waits for a reviewer in these films, worthiest first."""
    judge = Judge(policy)
    examined = [judge.examine(db, film) for film in listed if isinstance(film.state, Indexed)]
    said: dict[int, Sequence[Review]] = {one.film.id: one.reviews for one in examined}
    return tuple(waiting((one.verdict for one in examined), said, reviewer))


@dataclass(frozen=True, slots=True)
class Decided:
    """An opinion from outside, with the fingerprint of its film."""

    opinion: Opinion
    fingerprint: str


def read_decisions(db: Connection, text: str, reviewer: str) -> tuple[Decided, ...]:
    """Read decisions: a JSON list, or JSON Lines, of records as `filmdex review --json` gives.

    Each needs fingerprint (or film), tag, start_us, end_us and decision; `ruled_start_us` and
    `ruled_end_us` if that is "adjust"; and may have reviewer and note. Raises DecisionsError
    naming the first record that is wrong.
    """
    decided = []
    for number, record in enumerate(_records(text), 1):
        try:
            decided.append(_decided(db, record, reviewer))
        except (ValueError, KeyError, TypeError) as error:
            what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            raise DecisionsError(f"decision {number}: {what}; none was kept") from error
    return tuple(decided)


def _records(text: str) -> Iterator[object]:
    try:
        whole = json.loads(text)
    except ValueError:
        try:
            yield from [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise DecisionsError(f"neither JSON nor JSON Lines: {error}") from error
        return
    yield from whole if isinstance(whole, list) else [whole]


def _decided(db: Connection, record: object, reviewer: str) -> Decided:
    if not isinstance(record, dict):
        raise TypeError("is no JSON object")
    film = _film(db, record)
    asked = Span(_whole(record, "start_us"), _whole(record, "end_us"))
    decision = Decision(record["decision"])
    ruled = asked
    if decision is Decision.ADJUST:
        ruled = Span(_whole(record, "ruled_start_us"), _whole(record, "ruled_end_us"))
    texts = {
        "tag": record["tag"],
        "reviewer": record.get("reviewer") or reviewer,
        "note": record.get("note", ""),
    }
    if wrong := [name for name, value in texts.items() if not isinstance(value, str)]:
        raise TypeError(f"{wrong[0]} is no text")
    opinion = Opinion(film_id=film.id, asked=asked, decision=decision, ruled=ruled, **texts)
    _refuse_outside(opinion, film)
    return Decided(opinion, film.identity.fingerprint)


def _refuse_outside(opinion: Opinion, film: Film) -> None:
    if isinstance(film.state, Indexed):
        end_us = film.state.facts.duration_us
        if max(opinion.asked.start_us, opinion.ruled.start_us) >= end_us:
            raise ValueError(f"begins past the end of {film.title}, {end_us} us")


def _film(db: Connection, record: dict[str, object]) -> Film:
    fingerprint = record.get("fingerprint")
    if isinstance(fingerprint, str):
        film = films.with_identity(db, FilmIdentity(fingerprint, 0))
        if film is None:
            raise ValueError(f"no film has the fingerprint {fingerprint!r}")
        return film
    number = record["film"]
    if not isinstance(number, int):
        raise TypeError("film is no number")
    return films.read(db, number)


def _whole(record: dict[str, object], key: str) -> int:
    value = record[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{key} is no whole number")
    return value
