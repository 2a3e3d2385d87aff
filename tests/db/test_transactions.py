"""Transactions, as they hold whatever keeps the library."""

import threading

import pytest
import sqlalchemy as sa
from filling import add_film, rows
from filmdex.db import tables
from filmdex.db.store import Store


def test_a_reference_to_nothing_is_refused(store: Store) -> None:
    orphan = {"film_id": 404, "path": b"/x", "path_shown": "/x"}
    orphan |= {"size": 1, "mtime_ns": 1, "seen_us": 1}
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key"), store.writing() as db:
        db.execute(sa.insert(tables.location).values(orphan))


def test_a_reader_does_not_hold_up_a_writer_and_sees_one_moment(store: Store) -> None:
    with store.reading() as db:
        count = sa.select(sa.func.count()).select_from(tables.film)
        assert db.scalar(count) == 0
        with store.writing() as writer:
            add_film(writer)
        assert db.scalar(count) == 0
    with store.reading() as db:
        assert db.scalar(count) == 1


def test_writers_that_read_first_wait_for_each_other_rather_than_fail(store: Store) -> None:
    rounds, film = 25, tables.film
    with store.writing() as db:
        film_id = add_film(db)
        db.execute(sa.update(film).values(added_us=0))
    errors: list[Exception] = []
    start = threading.Barrier(2)

    def count_up() -> None:
        start.wait()
        try:
            for _ in range(rounds):
                with store.writing() as db:
                    was = db.execute(sa.select(film.c.added_us)).scalar_one()
                    db.execute(sa.update(film).where(film.c.id == film_id).values(added_us=was + 1))
        except Exception as error:  # noqa: BLE001  told below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert rows(store, "SELECT added_us FROM film") == [(2 * rounds,)]


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def stumble() -> None:
        with store.writing() as db:
            add_film(db)
            raise LookupError

    with pytest.raises(LookupError):
        stumble()
    assert rows(store, "SELECT * FROM film") == rows(store, "SELECT * FROM location") == []
