"""Films: the library page by page, and one film with everything that is known of it."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ....db import browsing, films, reviews, runs, search
from ....db.browsing import Card
from ....db.cursors import cursor_place, cursor_text
from ....db.ordering import ByFact, Fact, Order, read_order
from ....db.query_reasons import Reason
from ....db.records import Indexed
from ....db.shots import beginnings, strip
from ....db.store import Connection
from ....db.totals import Total
from ...documents import film_outline, film_tag_row, listed_film_row, shot_row, timeline_document
from ...explaining import explanation
from ...judging import Judge
from ...liking import Likest
from ...moderation.documents import review_row, verdict_document
from ...moderation.verdict import Outcome
from ...owner import lives
from ...searching import Question, Wanted
from ...telling import story_rows
from ..desk import Desk, Here
from .shapes import (
    Counted,
    Cursor,
    FilmId,
    Limit,
    NearMisses,
    OrderText,
    PolicyName,
    QueryText,
    TagItem,
    TimeUs,
    Why,
    WithNear,
)

BY_TITLE = Order((ByFact(Fact.TITLE, descending=False),))
router = APIRouter(prefix="/films", tags=["films"])


class FilmItem(BaseModel):
    """A film as one of many. `tags` are the most relevant ones that are present in it.

    `state` is indexed, queued, running or failed; `verdict` what the asked policy says of it,
    `terms` are those of the query that hold.
    """

    id: int
    title: str
    year: int | None
    state: str
    reason: str | None
    duration_us: int | None
    precision: str | None
    shots: int | None
    tags: list[TagItem]
    verdict: str | None
    terms: list[Why]


class FilmPage(BaseModel):
    """Some films in order; `next` is the cursor of the page after this one."""

    items: list[FilmItem]
    next: str | None
    total: Counted
    near_misses: NearMisses | None


@router.get("")
def list_films(
    desk: Here,
    query: QueryText = "",
    order: OrderText = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    policy: PolicyName | None = None,
    near: WithNear = False,
) -> FilmPage:
    """List films: all of them, or those that a query is true of."""
    question = Question(query.strip(), shots=False, order=order or "")
    wanted = Wanted(question, limit, cursor, near)
    # A search waits for its turn, and must not hold a connection meanwhile.
    found = _searched(desk, wanted) if question.text else None
    with desk.store.reading() as db:
        found = found or _browsed(db, wanted)
        verdicts = {}
        if policy is not None:
            verdicts = desk.outcomes.of(db, desk.policies.named(db, policy), list(found.why))
        cards = browsing.cards(db, list(found.why), lives)
    items = [_item(card, verdicts.get(card.film_id), found.why[card.film_id]) for card in cards]
    total = Counted.of(found.total)
    return FilmPage(items=items, next=found.following, total=total, near_misses=found.near)


@dataclass(frozen=True, slots=True)
class _Found:
    """The films of a page in order, each with why it was found."""

    why: dict[int, tuple[Reason, ...]]
    following: str | None
    total: Total
    near: NearMisses | None


def _browsed(db: Connection, wanted: Wanted) -> _Found:
    by = BY_TITLE
    if wanted.question.order:
        by = read_order(wanted.question.order, search.vocabulary(db), shots=False)
    ids, following = browsing.browse(db, by, wanted.limit, wanted.cursor)
    return _Found(dict.fromkeys(ids, ()), following, browsing.count(db), None)


def _searched(desk: Desk, wanted: Wanted) -> _Found:
    answer = desk.seekers.do(wanted)
    why = {hit.film_id: hit.why for hit in answer.page.hits}
    return _Found(why, answer.page.next_cursor, answer.total, NearMisses.of(answer.near))


def _item(card: Card, verdict: Outcome | None, why: tuple[Reason, ...]) -> FilmItem:
    seen = card.seen
    return FilmItem(
        id=card.film_id,
        title=card.title,
        year=card.year,
        state=card.state,
        reason=card.reason,
        duration_us=None if seen is None else seen.duration_us,
        precision=None if seen is None else seen.precision.value,
        shots=None if seen is None else seen.shots,
        tags=[TagItem.model_validate(film_tag_row(tag)) for tag in card.tags],
        verdict=None if verdict is None else verdict.value,
        terms=[Why(term=one.term, found=one.found) for one in why],
    )


@router.get("/{film_id}")
def film(desk: Here, film_id: FilmId) -> dict[str, Any]:
    """Describe one film: as `filmdex show --json`, without its shots, which have a place."""
    with desk.store.reading() as db:
        found = films.read(db, film_id)
        if not isinstance(found.state, Indexed):
            return {"film": listed_film_row(found, lives)}
        begins = beginnings(db, found.state.run_id)
        model = runs.model_of(db, found.state.run_id)
    return film_outline(found, found.state, begins, model)


class ShotPage(BaseModel):
    """Some shots of a film in order, from the one with the number `first` on, counted from 1."""

    items: list[dict[str, Any]]
    next: str | None


@router.get("/{film_id}/shots")
def shots(
    desk: Here,
    film_id: FilmId,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ShotPage:
    """List a film's shots, with the probability of every tag."""
    with desk.store.reading() as db:
        run = runs.of_film(films.read(db, film_id))
        model = runs.model_of(db, run.run_id)
        name = f"shots of run {run.run_id}"
        place = (0,) if cursor is None else cursor_place(name, cursor, 1)
        first = place[0] if isinstance(place[0], int) else 0
        every = list(runs.shots(db, run.run_id))
    some = list(enumerate(every))[first : first + limit]
    items = [{"shot": n + 1} | shot_row(shot, model) for n, shot in some]
    more = first + limit < len(every)
    return ShotPage(items=items, next=cursor_text(name, [first + limit]) if more else None)


@router.get("/{film_id}/timeline")
def timeline(desk: Here, film_id: FilmId) -> dict[str, Any]:
    """Say when a film shows what: a probability a shot, for each tag."""
    with desk.store.reading() as db:
        found = films.read(db, film_id)
        run = runs.of_film(found)
        model = runs.model_of(db, run.run_id)
        return timeline_document(found, run, strip(db, run.run_id, len(model.tags)), model)


@router.get("/{film_id}/spans")
def spans(desk: Here, film_id: FilmId, policy: PolicyName) -> dict[str, Any]:
    """Judge a film: the verdict of a policy, and each span with what it rests on."""
    with desk.store.reading() as db:
        judge = Judge(desk.policies.named(db, policy))
        return verdict_document(judge.examine(db, films.read(db, film_id)).verdict)


@router.get("/{film_id}/explanation")
def explain(
    desk: Here,
    film_id: FilmId,
    policy: PolicyName,
    at_us: TimeUs | None = None,
) -> dict[str, Any]:
    """Show the evidence behind a verdict, of the whole film or of one moment."""
    with desk.store.reading() as db:
        judge = Judge(desk.policies.named(db, policy))
        examined = judge.examine(db, films.read(db, film_id))
        basis = examined.verdict.basis
        fitted = None if basis is None else judge.fitted(basis.model)
        return explanation(examined, fitted, at_us)


@router.get("/{film_id}/reviews")
def said(desk: Here, film_id: FilmId) -> list[dict[str, Any]]:
    """List what reviewers said of a film, and have not taken back."""
    with desk.store.reading() as db:
        found = films.read(db, film_id)
        return [review_row(one, found.identity.fingerprint) for one in reviews.of_film(db, film_id)]


@router.get("/{film_id}/story")
def story(desk: Here, film_id: FilmId) -> list[dict[str, Any]]:
    """Tell a film as a table: neighbouring shots that look alike, and the tags that they show."""
    with desk.store.reading() as db:
        return story_rows(db, films.read(db, film_id))


@router.get("/{film_id}/like")
def like(
    desk: Here,
    film_id: FilmId,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> list[dict[str, Any]]:
    """Find the films that are most like one, by tags and by looks, with the tags in common."""
    return desk.seekers.do(Likest(film_id, limit))
