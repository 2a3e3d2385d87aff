"""A question to the library and its answer: hits, how many there are, and what was nearly found."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..db import saved_searches, search
from ..db.errors import NotIndexedError
from ..db.hits import FilmHit, ShotHit
from ..db.near_misses import eased, near_misses
from ..db.ordering import BEST_FIRST, Order, read_order
from ..db.query import Query
from ..db.query_nodes import And, Found, Not
from ..db.query_parser import parse
from ..db.saved_searches import SavedSearch
from ..db.search import Page
from ..db.store import Connection, Store
from ..db.totals import Total
from .outcomes import Outcomes
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched for, as it was typed; an empty order is the best first."""

    text: str
    shots: bool
    order: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """How many were nearly found, and the query that finds them too; neither where it has none.

    total: None where there was too much to count any further.
    """

    total: Total | None
    query: Query | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of films, or of shots."""

    page: Page[FilmHit] | Page[ShotHit]
    total: Total
    near: Near


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was read: it can be answered, and stands by the verdicts of now."""

    query: Query
    order: Order
    shots: bool
    eased: Query | None

    @classmethod
    def of(cls, db: Connection, settings: Settings, question: Question) -> "Asked":
        """Read a question. Raises QueryError, or NotIndexedError if nothing is indexed."""
        vocabulary = search.vocabulary(db)
        if not vocabulary.tags:
            raise NotIndexedError("the library is empty; `filmdex index FOLDER` fills it")
        query = parse(question.text, vocabulary, Outcomes(db, settings))
        order = BEST_FIRST
        if question.order:
            order = read_order(question.order, vocabulary, shots=question.shots)
        return cls(query, order, question.shots, eased(query, vocabulary))

    def new_to(self, name: str) -> "Asked":
        """Ask only for what the saved search of this name has not shown before."""
        wider = None if self.eased is None else _new_to(name, self.eased)
        return replace(self, query=_new_to(name, self.query), eased=wider)

    def answer(
        self, db: Connection, *, limit: int, cursor: str | None = None, near: bool = True
    ) -> Answer:
        """Search, and count; `near` misses too, which takes as long again.

        Raises CursorError and QueryError as search.py does.
        """
        page: Page[FilmHit] | Page[ShotHit]
        if self.shots:
            page, total = search.find_shots(
                db, self.query, limit=limit, cursor=cursor, order=self.order
            )
        else:
            page, total = search.find_films(
                db, self.query, limit=limit, cursor=cursor, order=self.order
            )
        missed = near_misses(total, self.eased, self._counting(db)) if near else None
        return Answer(page, total, Near(missed, self.eased))

    def _counting(self, db: Connection) -> Callable[[Query], Total]:
        counted = search.count_shots if self.shots else search.count_films
        return lambda query: counted(db, query)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of an answer: so many hits, from a place on; `near` misses too if that is asked."""

    question: Question
    limit: int
    cursor: str | None = None
    near: bool = False

    def __call__(self, db: Connection, settings: Settings) -> Answer:
        """Search. Raises as `Asked.of` and `Asked.answer` do."""
        asked = Asked.of(db, settings, self.question)
        return asked.answer(db, limit=self.limit, cursor=self.cursor, near=self.near)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many films, and shots if that is asked, a query is true of."""

    text: str
    shots: bool

    def __call__(self, db: Connection, settings: Settings) -> tuple[Total, Total | None]:
        """Count. Raises as `Asked.of` does."""
        query = Asked.of(db, settings, Question(self.text, shots=self.shots)).query
        shots = search.count_shots(db, query) if self.shots else None
        return search.count_films(db, query), shots


def _new_to(name: str, query: Query) -> Query:
    return Query(And((query.root, Not(Found(name)))), query.text)


def save(store: Store, asked: Asked, search_: SavedSearch) -> None:
    """Save a search; all that it finds now counts as shown.

    Raises StoreError if the name is taken.
    """
    found = search.all_shots if asked.shots else search.all_films
    with store.writing() as db:
        saved_searches.save(db, search_)
        saved_searches.note(db, search_.name, found(db, asked.query), search_.asked_us)
