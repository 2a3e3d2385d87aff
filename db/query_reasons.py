"""Why a film or a shot was found: each term of the query that holds, and what was found there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from .query import Query, own_terms, terms, wants_more
from .query_nodes import (
    DAY_US,
    EPOCH,
    Duration,
    FilmFraction,
    FilmLeaf,
    FilmMoment,
    FilmNumber,
    FilmSeconds,
    FilmWord,
    Found,
    Leaf,
    Not,
    Path,
    Present,
    Probability,
    Resolution,
    Reviewed,
    ReviewedBy,
    ReviewedTag,
    TagLeaf,
    Then,
    Title,
    Verdict,
)
from .query_spelling import spelled, spelled_number
from .query_terms import Measure, Quantity
from .query_truth import FilmView, ShotView, truth
from .records import US_PER_SECOND, FilmTag
from .times import spelled_time


@dataclass(frozen=True, slots=True)
class Reason:
    """A term of the query, with its minus if it has one, that holds; what was `found`, in words."""

    term: str
    found: str

    def __str__(self) -> str:
        return f"{self.term}: {self.found}" if self.found else self.term


def reasons(
    query: Query, subject: FilmView | ShotView, sequences: Mapping[Then, str]
) -> tuple[Reason, ...]:
    """Name the terms that hold, in the order of the query.

    sequences: those that are there, with what is to be said of each; shots are not looked at.
    """
    holding = []
    shots = isinstance(subject, ShotView)
    # A sequence's parts are asked of shots: what the whole film says of them is no reason.
    for term, wanted in terms(query.root, shots=shots) if shots else own_terms(query.root):
        name = spelled(term if wanted else Not(term))
        if isinstance(term, Then):
            if (term in sequences) is wanted:
                holding.append(Reason(name, sequences.get(term, "")))
        elif truth(term, subject) is wanted:
            holding.append(Reason(name, _found(term, subject)))
    return tuple(dict.fromkeys(holding))


def held_tags(query: Query, film: FilmView) -> tuple[str, ...]:
    """Name the wanted tags whose own condition holds for a film."""
    held = (
        term.tag
        for term, wanted in terms(query.root, shots=False)
        if isinstance(term, TagLeaf) and wants_more(term, wanted) and truth(term, film) is wanted
    )
    return tuple(dict.fromkeys(held))


def _found(term: Leaf, subject: FilmView | ShotView) -> str:
    film = subject.film if isinstance(subject, ShotView) else subject
    match term:
        case Present(tag) | Probability(tag):
            return _found_of_tag(tag, subject)
        case Reviewed() | ReviewedTag() | ReviewedBy():
            return ", ".join(sorted({remark.reviewer for remark in film.remarks})) or "by nobody"
        case Found():
            return ""
        case _:
            return _found_of_film(term, film)


def _found_of_tag(tag: str, subject: FilmView | ShotView) -> str:
    if isinstance(subject, FilmView):
        return _amounts(subject.tags[tag])
    return f"{subject.shot.tags[tag].probability:.2f}" if subject.shot.tags is not None else ""


def _amounts(entry: FilmTag) -> str:
    return f"peak {entry.peak:.2f}, {entry.seconds:.1f} s"


def _found_of_film(term: FilmLeaf, film: FilmView) -> str:
    match term:
        case FilmFraction(Measure.COVERAGE, tag):
            return f"{film.tags[tag].coverage:.1%}"
        case FilmFraction(Measure.PEAK, tag):
            return f"{film.tags[tag].peak:.2f}"
        case FilmFraction(_, tag):
            return f"{film.tags[tag].relevance:.2f}"
        case FilmSeconds(tag):
            return f"{film.tags[tag].seconds:.1f} s"
        case Duration():
            return spelled_time(film.duration_us // US_PER_SECOND * US_PER_SECOND)
        case Title():
            return film.title
        case Path():
            return next((path for path in film.paths if truth(term, film)), "")
        case FilmNumber(quantity):
            return spelled_number(round(film.numbers[quantity], 3))
        case Resolution():
            width, height = (film.numbers[side] for side in (Quantity.WIDTH, Quantity.HEIGHT))
            return f"{spelled_number(width)}x{spelled_number(height)}"
        case FilmWord(kind):
            return film.words[kind]
        case FilmMoment(moment):
            return (EPOCH + timedelta(days=film.moments_us[moment] // DAY_US)).isoformat()
        case Verdict(_, outcome):
            return outcome if film.film_id in term.films else "another"
        case _:
            assert_never(term)
