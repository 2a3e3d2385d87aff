"""The library in numbers."""

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
    never_gone,
)
from filmdex.db import films, jobs, models, places, runs, status
from filmdex.db.records import FilmIdentity, Location, SeenShot
from filmdex.db.status import FAILURES_SHOWN, Status
from filmdex.db.store import Connection, Store


def alive(_: str) -> bool:
    return True


def _fail(db: Connection, film_id: int, reason: str, now_us: int) -> None:
    held = jobs.claim(db, film_id, "me", lambda _: True, now_us)
    assert held
    jobs.end_failed(db, held, "MediaError", reason, now_us)


def _shots(count: int) -> list[SeenShot]:
    return [looked_at(n * SECOND, (n + 1) * SECOND, 0.5, 0.5, 0.5, 0.5) for n in range(count)]


def test_an_empty_library(store: Store) -> None:
    with store.reading() as db:
        assert status.read(db, alive, 1000) == Status(
            films=0,
            shots=0,
            duration_us=0,
            jobs={"queued": 0, "running": 0, "indexed": 0, "failed": 0},
            runs=(),
            failures=(),
            missing=0,
            paused_since_us=None,
            daemons=(),
        )


def test_only_current_runs_are_counted(store: Store) -> None:
    with store.writing() as db:
        first, second = add_film(db, 1, b"/1"), add_film(db, 2, b"/2")
        add_film(db, 3, b"/3")
        index(db, first, _shots(4))
        index(db, first, _shots(2))  # supersedes
        index(db, second, _shots(3))
        runs.begin(
            db, second, models.register(db, MODEL), SETTINGS, "cuda", "0.1", FACTS, 300
        )  # unfinished
        found = status.read(db, alive, 1000)
    assert (found.films, found.shots, found.duration_us) == (3, 5, 2 * FACTS.duration_us)
    assert found.runs == (("plain 1", MODEL.digest, "cpu", 2),)


def test_runs_are_told_apart_by_model_and_provider(store: Store) -> None:
    newer = replace(MODEL, digest="b" * 64, version="2")
    with store.writing() as db:
        for number, (facts, provider) in enumerate(
            [(MODEL, "cpu"), (newer, "cpu"), (newer, "cuda"), (newer, "cuda")]
        ):
            model_id = models.register(db, facts)
            film_id = add_film(db, number, b"/%d" % number)
            run_id = runs.begin(db, film_id, model_id, SETTINGS, provider, "0.1", FACTS, 1)
            runs.finish(db, run_id, FACTS, (), 2)
        found = status.read(db, alive, 1000).runs
    assert sorted(found) == [
        ("plain 1", "a" * 64, "cpu", 1),
        ("plain 2", "b" * 64, "cpu", 1),
        ("plain 2", "b" * 64, "cuda", 2),
    ]


def test_the_latest_failures_come_first_and_no_more_than_can_be_read(store: Store) -> None:
    with store.writing() as db:
        for number in range(FAILURES_SHOWN + 2):
            film_id = add_film(db, number, f"/film {number}.mkv".encode())
            _fail(db, film_id, f"reason {number}", number)
        found = status.read(db, alive, 1000)
    assert found.jobs["failed"] == FAILURES_SHOWN + 2
    assert found.failures == tuple(
        (f"film {number}", f"reason {number}") for number in range(FAILURES_SHOWN + 1, 1, -1)
    )


def test_a_film_is_missing_that_is_in_none_of_its_places(store: Store) -> None:
    with store.writing() as db:
        for number in (1, 2, 3):
            add_film(db, number, b"/%d" % number)
            copy = Location(b"/copies/%d" % number, 7, 11)
            films.record(db, FilmIdentity(fingerprint(number), 7), copy, 5, never_gone)
        for path in (b"/1", b"/copies/1", b"/2"):
            places.lose(db, path, 9)
        assert status.read(db, alive, 1000).missing == 1
