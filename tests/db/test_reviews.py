"""What people said outlives runs, models and places."""

from dataclasses import replace

from filling import (
    FACTS,
    MODEL,
    SECOND,
    SETTINGS,
    add_film,
    fingerprint,
    index,
    looked_at,
)
from filmdex.db import films, models, reviews, runs
from filmdex.db.records import Decision, FilmIdentity, Location, Opinion, Span
from filmdex.db.store import Connection, Store
from filmdex.indexer.judging import Judge
from filmdex.indexer.moderation.verdict import Outcome
from moderating import policy

SKIP = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"')
SHOTS = [looked_at(0, 2 * SECOND, 0.75, 0, 0, 0), looked_at(2 * SECOND, 4 * SECOND, 0, 0, 0, 0)]


def rejected(film_id: int) -> Opinion:
    asked = Span(0, 2 * SECOND)
    return Opinion(film_id, "Animation", asked, Decision.REJECT, asked, "Ada", "a puppet\n'x'")


def outcome(db: Connection, film_id: int) -> Outcome:
    return Judge(SKIP).examine(db, films.read(db, film_id)).verdict.outcome


def test_an_opinion_is_read_as_it_was_given(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        kept = reviews.add(db, rejected(film_id), 7)
    with store.reading() as db:
        assert reviews.of_film(db, film_id) == (kept,) == reviews.listed(db)
        assert kept.opinion == rejected(film_id)
        assert reviews.films(db) == {film_id}


def test_a_review_holds_after_indexing_again_after_another_model_and_after_a_move(
    store: Store,
) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        index(db, film_id, SHOTS)
        assert outcome(db, film_id) is Outcome.CUTS
        reviews.add(db, rejected(film_id), 7)
        assert outcome(db, film_id) is Outcome.ALLOWED
        index(db, film_id, SHOTS, now_us=300)
        assert outcome(db, film_id) is Outcome.ALLOWED
        other = replace(MODEL, digest="b" * 64, version="2", tags=MODEL.tags[::-1])
        model_id = models.register(db, other)
        run_id = runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0.1", FACTS, 400)
        again = [looked_at(0, 4 * SECOND, 0, 0, 0, 0.9375)]
        runs.append(db, run_id, 0, again)
        runs.finish(db, run_id, FACTS, [], 401)
        # The new model has one shot where there were two: only what was looked at is cleared.
        [left] = Judge(SKIP).examine(db, films.read(db, film_id)).verdict.spans
        assert left.span == Span(2 * SECOND, 4 * SECOND)
        identity = FilmIdentity(fingerprint(1), 7)
        moved = films.record(db, identity, Location(b"/new/x.mkv", 7, 9), 500, lambda _: True)
        assert moved == film_id
        assert reviews.of_film(db, film_id)[0].opinion == rejected(film_id)
