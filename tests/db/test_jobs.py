"""One row of work per film; who may take it, and who may end it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from filling import add_film, rows
from filmdex.db import jobs
from filmdex.db.errors import ClaimLostError
from filmdex.db.jobs import Claim
from filmdex.db.records import Failed
from filmdex.db.store import Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROW = "SELECT state, owner, attempts, error_kind, reason, changed_us FROM job"


def alive(_owner: str) -> bool:
    return True


def dead(_owner: str) -> bool:
    return False


@pytest.fixture
def film_id(store: Store) -> int:
    with store.writing() as db:
        return add_film(db)


def test_a_new_film_is_anybodys(store: Store, film_id: int) -> None:
    with store.writing() as db:
        assert jobs.claim(db, film_id, "me", dead, 10) == Claim(film_id, "me")
    assert rows(store, ROW) == [("running", "me", 0, None, None, 10)]


@pytest.mark.parametrize("another", ["you", "me"])
def test_nobody_takes_what_a_living_owner_has_not_even_itself(
    store: Store, film_id: int, another: str
) -> None:
    asked: list[str] = []
    with store.writing() as db:
        jobs.claim(db, film_id, "me", alive, 10)
        assert jobs.claim(db, film_id, another, lambda o: not asked.append(o), 11) is None
    assert asked == ["me"]
    assert rows(store, ROW) == [("running", "me", 0, None, None, 10)]


def test_what_a_dead_owner_had_is_taken_over_at_no_charge(store: Store, film_id: int) -> None:
    with store.writing() as db:
        lost = jobs.claim(db, film_id, "me", alive, 10)
        taken = jobs.claim(db, film_id, "you", dead, 11)
        assert lost
        assert taken == Claim(film_id, "you")
        # Should the dead one speak again, it is not heard.
        with pytest.raises(ClaimLostError):
            jobs.end_indexed(db, lost, 12)
        with pytest.raises(ClaimLostError):
            jobs.end_failed(db, lost, "MediaError", "late", 12)
        with pytest.raises(ClaimLostError):
            jobs.release(db, lost, 12)
    assert rows(store, ROW) == [("running", "you", 0, None, None, 11)]


@pytest.mark.parametrize("film_of", ["this", "another"])
@pytest.mark.parametrize("owner", ["me", "you"])
def test_only_the_owner_ends_a_job_and_only_this_one(
    store: Store, film_id: int, film_of: str, owner: str
) -> None:
    with store.writing() as db:
        other = add_film(db, 2, b"/films/other.mkv")
        jobs.claim(db, film_id, "me", alive, 10)
        jobs.claim(db, other, "them", alive, 10)
        ended = (film_of, owner) == ("this", "me")
        with nullcontext() if ended else pytest.raises(ClaimLostError):
            jobs.end_indexed(db, Claim(film_id if film_of == "this" else other, owner), 11)
    [(state,)] = rows(store, "SELECT state FROM job WHERE film_id = ?", film_id)
    assert state == ("indexed" if ended else "running")
    assert rows(store, "SELECT state FROM job WHERE film_id = ?", other) == [("running",)]


def test_a_job_ends_once(store: Store, film_id: int) -> None:
    with store.writing() as db:
        held = jobs.claim(db, film_id, "me", alive, 10)
        assert held
        jobs.end_indexed(db, held, 11)
        with pytest.raises(ClaimLostError):
            jobs.end_failed(db, held, "MediaError", "after the end", 12)
        with pytest.raises(ClaimLostError):
            jobs.release(db, held, 13)
    assert rows(store, ROW) == [("indexed", None, 0, None, None, 11)]


def test_failures_are_counted_until_one_attempt_succeeds(store: Store, film_id: int) -> None:
    with store.writing() as db:
        for attempt in (1, 2):
            held = jobs.claim(db, film_id, "me", alive, 10)
            assert held
            assert jobs.last_failure(db, film_id) is None
            jobs.end_failed(db, held, "WorkerError", f"crash {attempt}", 11)
            failure = Failed("WorkerError", f"crash {attempt}", attempt)
            assert jobs.last_failure(db, film_id) == failure
        held = jobs.claim(db, film_id, "me", alive, 12)
        assert held
        jobs.end_indexed(db, held, 13)
        assert jobs.last_failure(db, film_id) is None
    assert rows(store, ROW) == [("indexed", None, 0, None, None, 13)]


def test_giving_a_claim_back_is_no_attempt_and_forgets_none(store: Store, film_id: int) -> None:
    with store.writing() as db:
        held = jobs.claim(db, film_id, "me", alive, 10)
        assert held
        jobs.end_failed(db, held, "WorkerError", "crash", 11)
        held = jobs.claim(db, film_id, "me", alive, 12)
        assert held
        jobs.release(db, held, 13)
    assert rows(store, ROW) == [("queued", None, 1, None, None, 13)]


def test_claiming_one_film_touches_no_other(store: Store, film_id: int) -> None:
    with store.writing() as db:
        for one in (add_film(db, 2, b"/films/other.mkv"), film_id):
            held = jobs.claim(db, one, "me", alive, 10)
            assert held
            jobs.release(db, held, 11)
        jobs.claim(db, film_id, "me", alive, 12)
    assert rows(store, "SELECT film_id FROM job WHERE state = 'running'") == [(film_id,)]


def test_an_unknown_film_has_no_failure(store: Store) -> None:
    with store.reading() as db:
        assert jobs.last_failure(db, 404) is None


def test_jobs_are_counted_by_state_every_state_named(store: Store) -> None:
    with store.writing() as db:
        assert jobs.counts(db, alive) == {"queued": 0, "running": 0, "indexed": 0, "failed": 0}
        for number in range(4):
            held = jobs.claim(db, add_film(db, number, b"/%d" % number), "me", alive, 1)
            assert held
            if number == 0:
                jobs.end_failed(db, held, "MediaError", "broken", 2)
            if number == 1:
                jobs.end_indexed(db, held, 2)
        assert jobs.counts(db, alive) == {"queued": 0, "running": 2, "indexed": 1, "failed": 1}


def test_what_a_dead_owner_left_behind_waits(store: Store) -> None:
    with store.writing() as db:
        for number, owner in enumerate(("dead", "me", "dead")):
            jobs.claim(db, add_film(db, number, b"/%d" % number), owner, alive, 1)
        found = jobs.counts(db, lambda owner: owner == "me")
    assert found == {"queued": 2, "running": 1, "indexed": 0, "failed": 0}


ACTS = st.lists(
    st.tuples(st.sampled_from(["claim", "indexed", "failed", "release", "die"]), st.integers(0, 2)),
    max_size=25,
)


@given(ACTS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_a_job_has_at_most_one_living_owner(
    store: Store, acts: list[tuple[str, int]]
) -> None:
    """Any order of acts by three processes; each that dies comes back under a new name.

    What the table should hold is kept beside it in plain values.
    """
    names = [f"process {n}" for n in range(3)]
    births = itertools.count(3)
    gone: set[str] = set()
    state, owner, attempts = "none", "", 0
    with store.writing() as db:
        film_id = add_film(db)
        for act, who in acts:
            name = names[who]
            held = Claim(film_id, name)
            match act:
                case "claim":
                    got = jobs.claim(db, film_id, name, lambda o: o not in gone, 1)
                    free = state != "running" or owner in gone
                    assert got == (held if free else None)
                    if free:
                        state, owner = "running", name
                case "die":
                    gone.add(name)
                    names[who] = f"process {next(births)}"
                case "release":
                    with _heard((state, owner) == ("running", name)) as heard:
                        jobs.release(db, held, 1)
                    if heard:
                        state, owner = "queued", ""
                case "indexed":
                    with _heard((state, owner) == ("running", name)) as heard:
                        jobs.end_indexed(db, held, 1)
                    if heard:
                        state, owner, attempts = "indexed", "", 0
                case "failed":
                    with _heard((state, owner) == ("running", name)) as heard:
                        jobs.end_failed(db, held, "WorkerError", "crash", 1)
                    if heard:
                        state, owner, attempts = "failed", "", attempts + 1
        found = db.exec_driver_sql("SELECT state, owner, attempts FROM job").all()
        db.rollback()
    assert [tuple(row) for row in found] == (
        [] if state == "none" else [(state, owner or None, attempts)]
    )


@contextmanager
def _heard(holds: bool) -> Iterator[bool]:
    """Expect an act to be refused unless whoever does it holds the claim."""
    with nullcontext() if holds else pytest.raises(ClaimLostError):
        yield holds
