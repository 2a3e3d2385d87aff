"""Index runs: unseen until they are finished, then switched to at once."""

import struct
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
import sqlalchemy as sa
from filling import (
    EMBEDDING,
    FACTS,
    MODEL,
    SECOND,
    SETTINGS,
    TAGS,
    add_film,
    begin_run,
    film_tag,
    index,
    kept_tags,
    looked_at,
    not_looked_at,
    rows,
)
from filmdex.db import embeddings, models, runs
from filmdex.db.block_reading import all_films
from filmdex.db.errors import ClaimLostError
from filmdex.db.records import (
    Boundary,
    Indexed,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
    Transition,
    TransitionKind,
)
from filmdex.db.store import Store
from filmdex.db.tables import FLOOR
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HALF = (0.5, 0.5, 0.5, 0.5)
TWO = [looked_at(0, SECOND, *HALF), looked_at(SECOND, 4 * SECOND, *HALF)]


def _count(store: Store, table: str) -> int:
    [(count,)] = rows(store, f"SELECT count(*) FROM {table}")  # noqa: S608
    return int(count)


# -- what a run says -------------------------------------------------------------------------


def test_a_finished_run_says_what_it_was_told(store: Store) -> None:
    later = replace(FACTS, duration_us=5 * SECOND, frames=120, decode_errors=0)
    with store.writing() as db:
        film_id = add_film(db)
        run_id = begin_run(db, film_id, 100)
        runs.append(db, run_id, 0, TWO)
        runs.finish(db, run_id, later, (), 200)
        expected = Indexed(
            run_id=run_id,
            model_digest=MODEL.digest,
            settings=SETTINGS,
            provider="cpu",
            facts=later,
            shots=2,
            indexed_us=200,
        )
        assert runs.current(db, film_id) == runs.read(db, run_id) == expected
        assert runs.model_of(db, run_id) == MODEL
    [found] = rows(store, "SELECT started_us, finished_us, program_version FROM index_run")
    assert found == (100, 200, "0.1")


@pytest.mark.parametrize("precision", Precision)
def test_settings_come_back_as_they_were(store: Store, precision: Precision) -> None:
    wanted = RunSettings.of(precision, text="ä", whole=3, part=0.1)
    with store.writing() as db:
        film_id, model_id = add_film(db), models.register(db, MODEL)
        run_id = runs.begin(db, film_id, model_id, wanted, "cpu", "0.1", FACTS, 1)
        runs.finish(db, run_id, FACTS, (), 2)
        assert runs.read(db, run_id).settings == wanted


def test_film_tags_come_back_most_relevant_first_then_by_name(store: Store) -> None:
    told = [film_tag("Animation", 0.5, 0.25), film_tag("War", 0.25), film_tag("Nudity", 1.0)]
    with store.writing() as db:
        run_id = index(db, add_film(db), TWO, told)
        assert runs.film_tags(db, run_id) == (told[2], told[1], told[0])


# -- shots -----------------------------------------------------------------------------------


@st.composite
def seen_shots(draw: st.DrawFn) -> list[SeenShot]:
    """Draw shots that partition a film."""
    lengths = draw(st.lists(st.integers(10, 10_000_000), min_size=1, max_size=5))
    spans = [Span(a, b) for a, b in pairwise(accumulate(lengths, initial=0))]
    return [draw(_seen_shot(span)) for span in spans]


@st.composite
def _seen_shot(draw: st.DrawFn, span: Span) -> SeenShot:
    state = draw(st.sampled_from(ShotState))
    begins = Boundary(draw(st.integers(0, span.start_us)), span.start_us + draw(st.integers(0, 9)))
    samples: tuple[Sample, ...] = ()
    probabilities = None
    if state is not ShotState.NOT_LOOKED_AT:
        times = draw(st.lists(st.integers(span.start_us, span.end_us - 1), max_size=3))
        states = st.sampled_from(sorted(set(ShotState) - {ShotState.NOT_LOOKED_AT}))
        samples = tuple(Sample(time_us, draw(states)) for time_us in sorted(times))
        one = st.floats(0, 1, width=16)
        probabilities = draw(st.tuples(*[one] * len(TAGS)))
    gradual = draw(st.none() | st.sampled_from(TransitionKind))
    transition = gradual and Transition(gradual, max(0, span.start_us - 7), span.start_us + 1)
    embeddings = tuple(
        None if sample.state is ShotState.BLANK else draw(st.binary(min_size=4, max_size=4))
        for sample in samples
    )
    return SeenShot(Shot(span, begins, state, samples, probabilities, transition), embeddings)


@given(seen_shots(), st.integers(0, 5))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_shots_are_read_back_as_they_were_appended_stretch_by_stretch(
    store: Store, seen: list[SeenShot], first_stretch: int
) -> None:
    first_stretch = min(first_stretch, len(seen))
    with store.writing() as db:
        run_id = begin_run(db, add_film(db))
        runs.append(db, run_id, 0, seen[:first_stretch])
        runs.append(db, run_id, first_stretch, seen[first_stretch:])
        assert list(runs.shots(db, run_id)) == [one.shot for one in seen]
        owners = embeddings.owners(db, run_id).tolist()
        kept = [vector for block in embeddings.of_run(db, run_id) for vector in block]
        db.rollback()
    assert list(zip(owners, kept, strict=True)) == [
        (number, vector)
        for number, one in enumerate(seen)
        for vector in one.embeddings
        if vector is not None
    ]


def test_what_lies_in_the_file_is_plain(store: Store) -> None:
    """Other programs may read the file: names, whole numbers, vectors (vectors.py)."""
    shot = Shot(
        Span(SECOND, 2 * SECOND),
        Boundary(SECOND - 1, SECOND + 1),
        ShotState.LOW_INFORMATION,
        (Sample(SECOND + 5, ShotState.LOW_INFORMATION),),
        (0.5, 0.25, 0.0, 1.0),
        Transition(TransitionKind.DISSOLVE, SECOND - 9, SECOND),
    )
    with store.writing() as db:
        index(db, add_film(db), [looked_at(0, SECOND, *HALF), SeenShot(shot, (EMBEDDING,))])
    [row] = rows(
        store,
        "SELECT s.ordinal, start_us, end_us, early_us, late_us, state, samples, probabilities,"
        " kind, first_us, last_us FROM shot s JOIN transition USING (run_id, ordinal)",
    )
    assert row == (
        *(1, SECOND, 2 * SECOND, 1, 1, 2, bytes([5 * 4 + 2])),
        struct.pack("<4e", 0.5, 0.25, 0.0, 1.0),
        *("dissolve", SECOND - 9, SECOND),
    )
    vector = struct.pack("<ff3B", -1.25, 1 / 60, 105, 0, 255)
    found = rows(store, "SELECT first, owners, vectors FROM embedding_block")
    assert found == [(0, struct.pack("<2I", 0, 1), 2 * vector)]


def test_rows_are_kept_for_what_is_over_the_floor_or_present_and_never_for_untrained(
    store: Store,
) -> None:
    """Animation's threshold is over the floor, War's under it, Prison has none."""
    just_over, just_under = 0.050018310546875, 0.04998779296875  # float16's neighbours of FLOOR
    assert just_under < FLOOR < just_over
    seen = [
        looked_at(0, 1, just_over, 0.03125, 1.0, 0.75),
        looked_at(1, 2, just_under, 0.031219482421875, 1.0, 0.74951171875),
        looked_at(2, 3, 0.5, 0.0, 0.0, 0.0),
        not_looked_at(3, 4),
    ]
    with store.writing() as db:
        index(db, add_film(db), seen)
    assert kept_tags(store) == [
        (0, "Animation", just_over),
        (0, "Nudity", 0.75),
        (0, "War", 0.03125),
        (1, "Nudity", 0.74951171875),
        (2, "Animation", 0.5),
    ]


def test_not_looked_at_is_not_nothing_found(store: Store) -> None:
    blank = Shot(Span(1, 2), Boundary(1, 1), ShotState.BLANK, (), (0.0, 0.0, 0.0, 0.0))
    with store.writing() as db:
        run_id = index(db, add_film(db), [not_looked_at(0, 1), SeenShot(blank, ())])
        unseen, clear = runs.shots(db, run_id)
    assert (unseen.state, unseen.probabilities) == (ShotState.NOT_LOOKED_AT, None)
    assert (clear.state, clear.probabilities) == (ShotState.BLANK, (0.0, 0.0, 0.0, 0.0))
    found = rows(store, "SELECT state, probabilities IS NULL FROM shot ORDER BY ordinal")
    assert found == [(0, 1), (3, 0)]


@pytest.mark.parametrize("vector", [(), (0.5, 0.5, 0.5), (*HALF, 0.5)])
def test_a_vector_of_another_length_than_the_models_is_refused(
    store: Store, vector: tuple[float, ...]
) -> None:
    with store.writing() as db:
        run_id = begin_run(db, add_film(db))
    with (
        pytest.raises(ValueError, match=r"\d probabilities for 4"),
        store.writing() as db,
    ):
        runs.append(db, run_id, 0, [looked_at(0, 1, *HALF), looked_at(1, 2, *vector)])
    assert _count(store, "shot") == 0


def test_a_probability_that_was_not_rounded_is_refused(store: Store) -> None:
    with store.writing() as db:
        run_id = begin_run(db, add_film(db))
    with pytest.raises(ValueError, match="float16"), store.writing() as db:
        runs.append(db, run_id, 0, [looked_at(0, 1, 0.1, 0.1, 0.1, 0.1)])
    assert _count(store, "shot") == 0


def test_a_shot_number_is_given_once(store: Store) -> None:
    with store.writing() as db:
        run_id = begin_run(db, add_film(db))
        runs.append(db, run_id, 0, TWO)
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)unique"), store.writing() as db:
        runs.append(db, run_id, 1, TWO)


# -- begun, finished, abandoned ----------------------------------------------------------------


def test_a_run_that_is_being_built_is_unseen(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        assert runs.current(db, film_id) is None
        run_id = begin_run(db, film_id)
        runs.append(db, run_id, 0, TWO)
    with store.reading() as db:
        assert runs.current(db, film_id) is None
        with pytest.raises(sa.exc.NoResultFound):
            runs.read(db, run_id)


def test_the_old_run_is_seen_until_the_new_one_is_finished_and_then_gone(store: Store) -> None:
    new_shots = [looked_at(0, 4 * SECOND, *HALF)]
    with store.writing() as db:
        film_id = add_film(db)
        other = index(db, add_film(db, 2, b"/other"), TWO)
        old = index(db, film_id, TWO, [film_tag("War", 0.5)])
    with store.writing() as db:
        new = begin_run(db, film_id)
        runs.append(db, new, 0, new_shots)
    with store.reading() as db:
        now = runs.current(db, film_id)
        assert now is not None
        assert now.run_id == old
        assert list(runs.shots(db, old)) == [seen.shot for seen in TWO]
    with store.writing() as db:
        runs.finish(db, new, FACTS, [film_tag("Animation", 0.5)], 300)
        # Not committed: the rest of the world still sees the old run, whole.
        seen = rows(store, "SELECT current_run_id FROM film WHERE id = ?", film_id)
        kept = rows(store, "SELECT count(*) FROM shot WHERE run_id = ?", old)
    assert (seen, kept) == ([(old,)], [(2,)])
    with store.reading() as db:
        now = runs.current(db, film_id)
        assert now is not None
        assert now.run_id == new
        assert list(runs.shots(db, new)) == [seen.shot for seen in new_shots]
        assert list(runs.shots(db, old)) == []
        assert len(list(runs.shots(db, other))) == 2
    assert [_count(store, name) for name in ("shot", "embedding_block")] == [3, 2]
    with store.reading() as db:
        assert sorted(all_films(db)["run_id"]) == [other, new]
    assert len(kept_tags(store)) == 3 * 3


def test_beginning_again_replaces_what_was_left_unfinished(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        finished = index(db, film_id, TWO)
        other_id = add_film(db, 2, b"/other")
        begin_run(db, other_id, 100)
        left = begin_run(db, film_id, 101)
        runs.append(db, left, 0, TWO)
        begin_run(db, film_id, 102)
    # By film and time: SQLite gives the number of the last row again once that is gone.
    assert rows(store, "SELECT film_id, state, started_us FROM index_run ORDER BY started_us") == [
        (other_id, "building", 100),
        (film_id, "building", 102),
        (film_id, "complete", 199),
    ]
    assert rows(store, "SELECT DISTINCT run_id FROM shot") == [(finished,)]


def test_abandoning_leaves_nothing_of_the_attempt(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        finished = index(db, film_id, TWO)
        given_up = begin_run(db, film_id)
        runs.append(db, given_up, 0, TWO)
    with store.writing() as db:
        runs.abandon(db, given_up)
        runs.abandon(db, finished)  # too late: nothing happens
        runs.abandon(db, 404)
    assert rows(store, "SELECT id FROM index_run") == [(finished,)]
    assert [_count(store, name) for name in ("shot", "embedding_block")] == [2, 1]
    with store.reading() as db:
        assert runs.current(db, film_id) is not None


@pytest.mark.parametrize("tags", [[], [film_tag("War", 0.5)]])
def test_a_run_that_was_replaced_cannot_be_finished(store: Store, tags: list[object]) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        replaced = begin_run(db, film_id)
        begin_run(db, film_id)
        # Row numbers are given again; one that is surely not there stands for it.
        db.exec_driver_sql("UPDATE index_run SET id = id + 10")
    with pytest.raises(ClaimLostError, match=f"run {replaced} .*"), store.writing() as db:
        runs.finish(db, replaced, FACTS, tags, 300)  # type: ignore[arg-type]
    assert _count(store, "film_tag") == 0


def test_a_run_is_finished_once(store: Store) -> None:
    with store.writing() as db:
        run_id = index(db, add_film(db), TWO, (), 200)
    with pytest.raises(ClaimLostError, match=f"run {run_id} "), store.writing() as db:
        runs.finish(db, run_id, FACTS, [film_tag("War", 0.5)], 300)
    assert rows(store, "SELECT finished_us FROM index_run") == [(200,)]
    assert _count(store, "film_tag") == 0
