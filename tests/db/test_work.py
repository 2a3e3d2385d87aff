"""What is due, who pays for what, and what people may change."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from filling import MODEL, SETTINGS, add_film, index, rows
from filmdex.db import jobs, places, work
from filmdex.db.errors import ClaimLostError
from filmdex.db.jobs import DEATHS_ALONE, DEATHS_FAILED, LEASE_US, Claim
from filmdex.db.records import Location, Precision, RunSettings
from filmdex.db.store import Connection, Store

KEYFRAMES = RunSettings.of(Precision.KEYFRAMES, gap_seconds=12.0)
STATE = "SELECT state, owner, attempts, deaths, setbacks, not_before_us, reason FROM job"


def alive(_owner: str) -> bool:
    return True


def dead(_owner: str) -> bool:
    return False


def unknown(_owner: str) -> None:
    return None


def due_ids(db: Connection, settings: RunSettings = SETTINGS, now_us: int = 1000) -> list[int]:
    return [one.film_id for one in work.due(db, MODEL.digest, settings, alive, now_us, 99)]


@pytest.mark.parametrize(
    ("digest", "settings", "due"),
    [
        (MODEL.digest, SETTINGS, False),
        (MODEL.digest, KEYFRAMES, False),
        (MODEL.digest, RunSettings.of(Precision.EXACT, cuts="content"), True),
        ("b" * 64, SETTINGS, True),
        ("b" * 64, KEYFRAMES, True),
    ],
)
def test_a_film_is_due_if_its_run_is_not_as_good_as_wanted(
    store: Store, digest: str, settings: RunSettings, due: bool
) -> None:
    """An exact run with other settings is as good as any by keyframes."""
    with store.writing() as db:
        film_id = add_film(db)
        index(db, film_id)
        found = work.due(db, digest, settings, alive, 1000, 9)
    assert [one.film_id for one in found] == ([film_id] if due else [])


def test_films_come_by_priority_then_in_their_order_and_those_that_run_alone_last(
    store: Store,
) -> None:
    with store.writing() as db:
        ids = [add_film(db, n, b"/%d" % n) for n in range(4)]
        for film_id in ids:
            jobs.queue(db, film_id, 0, 1)
        assert jobs.raise_priority(db, ids[2], 3)
        changed = sa.text("UPDATE job SET deaths = 3, priority = 9 WHERE film_id = :film")
        db.execute(changed, {"film": ids[0]})
        found = work.due(db, MODEL.digest, SETTINGS, alive, 1000, 99)
    assert [(one.film_id, one.alone) for one in found] == [
        (ids[2], False),
        (ids[1], False),
        (ids[3], False),
        (ids[0], True),
    ]


def test_what_waits_failed_is_missing_or_lies_below_a_frozen_root_is_not_due(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, n, b"/films/%d/film" % n) for n in range(5)]
        for film_id, kind in ((ids[0], "later"), (ids[1], "failed")):
            held = jobs.claim(db, film_id, "me", alive, 1)
            assert held
            if kind == "later":
                jobs.end_for_now(db, held, "OSError", "away", 2, 5000, charged=False)
            else:
                jobs.end_failed(db, held, "MediaError", "broken", 2)
        places.lose(db, b"/films/2/film", 7)
        found = work.due(db, MODEL.digest, SETTINGS, alive, 1000, 99, (), (b"/films/3",))
        assert [one.film_id for one in found] == [ids[4]]
        later = work.due(db, MODEL.digest, SETTINGS, alive, 5000, 99, {ids[4]})
        assert [one.film_id for one in later] == [ids[0], ids[3]]


def test_an_owner_that_cannot_be_looked_at_keeps_a_film_until_its_lease_ends(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        held = jobs.claim(db, film_id, "me", alive, 10)
        assert held
        assert jobs.claim(db, film_id, "you", unknown, 9 + LEASE_US) is None
        assert not work.due(db, MODEL.digest, SETTINGS, unknown, 9 + LEASE_US, 9)
        jobs.keep(db, held, 500, further=False)
        assert jobs.claim(db, film_id, "you", unknown, 10 + LEASE_US) is None
        assert jobs.claim(db, film_id, "you", unknown, 500 + LEASE_US) == Claim(film_id, "you")
        with pytest.raises(ClaimLostError):
            jobs.keep(db, held, 501, further=True)


def test_a_living_owner_loses_nothing_when_the_clock_jumps(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        jobs.claim(db, film_id, "me", alive, 10)
        assert jobs.claim(db, film_id, "you", alive, 10 + 99 * LEASE_US) is None


def test_owners_that_die_again_and_again_make_a_film_run_alone_and_then_fail(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        jobs.claim(db, film_id, "owner 0", dead, 1)
        for deaths in range(1, DEATHS_FAILED):
            [due] = work.due(db, MODEL.digest, SETTINGS, dead, 5, 9)
            assert due.alone == (deaths >= DEATHS_ALONE)
            assert jobs.claim(db, film_id, f"owner {deaths}", dead, 1)
        assert jobs.claim(db, film_id, "the last", dead, 1) is None
        failure = jobs.last_failure(db, film_id)
        assert failure
        assert f"ended {DEATHS_FAILED} times" in failure.reason
        assert jobs.retry(db, film_id, 2)
    assert rows(store, STATE) == [("queued", None, 0, 0, 0, 0, None)]


def test_getting_further_clears_what_was_spent(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        held = jobs.claim(db, film_id, "me", alive, 1)
        assert held
        db.exec_driver_sql("UPDATE job SET attempts = 2, deaths = 2, setbacks = 2")
        jobs.keep(db, held, 2, further=False)
        assert jobs.spent(db, film_id) == jobs.Spent(2, 2)
        jobs.keep(db, held, 2, further=True)
        assert jobs.spent(db, film_id) == jobs.Spent(0, 0)


@pytest.mark.parametrize("charged", [True, False])
def test_an_attempt_or_a_setback_is_counted_and_its_reason_kept(
    store: Store, charged: bool
) -> None:
    with store.writing() as db:
        held = jobs.claim(db, add_film(db), "me", alive, 1)
        assert held
        jobs.end_for_now(db, held, "WorkerError", "crashed", 2, 60, charged=charged)
    counted = (1, 0, 0) if charged else (0, 0, 1)
    assert rows(store, STATE) == [("queued", None, *counted, 60, "crashed")]


@pytest.mark.parametrize("change", [jobs.cancel, jobs.retry])
def test_people_change_no_job_that_is_done(
    store: Store, change: Callable[[Connection, int, int], bool]
) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        held = jobs.claim(db, film_id, "me", alive, 1)
        assert held
        jobs.end_indexed(db, held, 2)
        assert not change(db, film_id, 3)


def test_a_cancelled_film_is_taken_from_its_owner(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        held = jobs.claim(db, film_id, "me", alive, 1)
        assert held
        assert jobs.cancel(db, film_id, 2)
        assert due_ids(db) == []
        with pytest.raises(ClaimLostError):
            jobs.keep(db, held, 3, further=True)


def test_giving_everything_back_spares_what_is_under_way_and_others(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, n, b"/%d" % n) for n in range(3)]
        for film_id, owner in zip(ids, ("me", "me", "you"), strict=True):
            jobs.claim(db, film_id, owner, alive, 1)
        jobs.release_all(db, "me", frozenset({ids[0]}), 2)
    assert rows(store, "SELECT state FROM job ORDER BY film_id") == [
        ("running",),
        ("queued",),
        ("running",),
    ]


def test_a_move_within_a_root_keeps_the_film_and_takes_the_place_of_what_was_there(
    store: Store,
) -> None:
    with store.writing() as db:
        first = add_film(db, 1, b"/films/a.mkv")
        second = add_film(db, 2, b"/films/b.mkv")
        places.move(db, b"/films/a.mkv", Location(b"/films/b.mkv", 7, 11), 3)
        assert [(p.location.path, p.film_id) for p in places.below(db, b"/films/")] == [
            (b"/films/b.mkv", first)
        ]
        places.forget_unseen(db, [first, second])
    assert rows(store, "SELECT id, title FROM film") == [(first, "b")]


def test_a_root_holds_what_is_below_it_and_no_neighbour(store: Store) -> None:
    with store.writing() as db:
        for number, path in enumerate((b"/films/a", b"/films2/a", b"/films", b"/films/\xff/b")):
            add_film(db, number, path)
        found = {one.location.path for one in places.below(db, b"/films")}
    assert found == {b"/films/a", b"/films/\xff/b"}
