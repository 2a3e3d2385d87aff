"""A library's outcomes from the index are those of judging every film whole."""

from collections.abc import Sequence

import dialects
from filling import FACTS, MODEL, SETTINGS, add_film
from filmdex.db import films, models, reviews, runs
from filmdex.db.records import (
    Boundary,
    Decision,
    Opinion,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
)
from filmdex.db.store import Connection, Store
from filmdex.indexer.comparing import Library, changes
from filmdex.indexer.judging import Judge
from filmdex.indexer.moderation.policy import Policy
from filmdex.indexer.relevance import FilmTally, TagRule
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moderating import policy

dialect = dialects.dialect
RULES = [
    'tag = "Animation"\nthreshold = 0.5\naction = "skip"',
    'tag = "Animation"\nthreshold = 0.5\nleave_at = 0.25\nmin_duration = 2.0\ngap = 1.0\n'
    'action = "block"',
    'tag = "War"\naction = "review"\nmin_duration = 2.0\npad_before = 3.0',
    'tag = "War"\nthreshold = 0.5\nleave_at = 0.01\naction = "mute"',  # under what has rows
    'tag = "Prison"\naction = "skip"',
    'group = "nudity"\naction = "block"\nexempt = ["path:/films/0.mkv"]',
]
VALUES = (0.0, 0.015625, 0.03125, 0.25, 0.5, 0.75, 1.0)
shots = st.lists(
    st.one_of(st.none(), st.tuples(*[st.sampled_from(VALUES)] * 4)), min_size=0, max_size=6
)


def store_film(
    db: Connection, number: int, vectors: Sequence[tuple[float, ...] | None], precision: Precision
) -> int:
    """Store a film as indexing does, with what it says of its tags."""
    film_id = add_film(db, number, b"/films/%d.mkv" % number)
    seen = []
    tally = FilmTally(
        tuple(
            TagRule(t.tag, n, t.threshold, 0, 0, 0)
            for n, t in enumerate(MODEL.tags)
            if t.threshold is not None
        )
    )
    for n, vector in enumerate(vectors):
        span, begins = Span(n * 10**6, (n + 1) * 10**6), Boundary(n * 10**6, n * 10**6)
        if vector is None:
            seen.append(SeenShot(Shot(span, begins, ShotState.NOT_LOOKED_AT, (), None), ()))
            continue
        look = (Sample(span.start_us, ShotState.BLANK),)
        seen.append(SeenShot(Shot(span, begins, ShotState.BLANK, look, vector), (None,)))
        tally.add(10**6, vector, [])
    model_id = models.register(db, MODEL)
    settings_ = RunSettings(precision, SETTINGS.values)
    run_id = runs.begin(db, film_id, model_id, settings_, "cpu", "0", FACTS, 1)
    runs.append(db, run_id, 0, seen)
    runs.finish(db, run_id, FACTS, tally.film_tags(FACTS.duration_us), 2)
    return film_id


def whole(db: Connection, by: Policy) -> dict[int, str]:
    judge = Judge(by)
    return {f.id: judge.examine(db, f).verdict.outcome.value for f in films.listed(db)}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(shots, st.sampled_from(Precision)), min_size=1, max_size=4),
    st.lists(st.sampled_from(RULES), min_size=1, max_size=3, unique=True),
    st.sampled_from(["ignore", "unknown"]),
    st.booleans(),
)
def test_the_index_tells_the_same_as_the_vectors(
    store: Store,
    library: list[tuple[list[tuple[float, ...] | None], Precision]],
    rules: list[str],
    untrained: str,
    reviewed: bool,
) -> None:
    by = policy(*rules, head=f'on_untrained = "{untrained}"')
    with store.writing() as db:
        for number, (vectors, precision) in enumerate(library):
            film_id = store_film(db, number, vectors, precision)
        add_film(db, 99, b"/films/99.mkv")
        if reviewed:
            span = Span(0, 10**6)
            opinion = Opinion(film_id, "Animation", span, Decision.REJECT, span, "Ada")
            reviews.add(db, opinion, 1)
        found = {key: outcome.value for key, outcome in Library(db).outcomes(by).items()}
        assert found == whole(db, by)


def test_what_changes_is_named(store: Store) -> None:
    one = policy('tag = "Animation"\nthreshold = 0.5\naction = "skip"')
    other = policy('tag = "Animation"\nthreshold = 0.75\naction = "skip"')
    with store.writing() as db:
        half = store_film(db, 1, [(0.5, 0, 0, 0)], Precision.EXACT)
        store_film(db, 2, [(1.0, 0, 0, 0)], Precision.EXACT)
        found = changes(db, one, other)
    assert found.films == 2
    [change] = found.changed
    assert (change.film.film_id, change.before.value, change.after.value) == (
        half,
        "allowed with cuts",
        "allowed",
    )
