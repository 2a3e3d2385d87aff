"""A library copied from one database into another, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from filling import SECOND, add_film, film_tag, index, looked_at, not_looked_at, rows
from filmdex.db import audit, copying, daemons, jobs, reviews, saved_searches
from filmdex.db.address import Address
from filmdex.db.errors import StoreError
from filmdex.db.records import Decision, Opinion, Span
from filmdex.db.saved_searches import SavedSearch
from filmdex.db.store import Store
from filmdex.db.tables import film, metadata, person
from postgres_server import Cluster

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def nobody(_table: str, _done: int, _of: int) -> None:
    """Hear of nothing."""


def fill(store: Store) -> None:
    with store.writing() as db:
        for number in range(1, 6):
            film_id = add_film(db, number, b"/films/%d \xff.mkv" % number)
            seen = [looked_at(n * SECOND, (n + 1) * SECOND, 0.75, 0.0625, 0, 0.25) for n in (0, 1)]
            unseen = not_looked_at(2 * SECOND, 3 * SECOND)
            index(db, film_id, [*seen, unseen], [film_tag("War", 0.5)])
            jobs.claim(db, film_id, "somebody", lambda _: True, 1)
        jobs.cancel(db, film_id, 2)
        span = Span(0, 1)
        said = reviews.add(db, Opinion(film_id, "War", span, Decision.ACCEPT, span, "Ada Ü"), 1)
        reviews.take_back(db, said.id, "Bob", 2)
        db.execute(sa.insert(person).values(name="Ada Ü", role="reader", added_us=1))
        saved_searches.save(db, SavedSearch("war", "war", True, "", 1, 1))
        saved_searches.note(db, "war", [(film_id, Span(0, SECOND))], 2)
        audit.append(db, b"k" * 32, "review", "é", {"n": 1}, 3)
        daemons.tell(db, "somebody", "{}", 4)
        daemons.set_paused(db, 5)


@pytest.fixture
def target(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Address]:
    """Where a library of the other kind may be made."""
    if OTHER[dialect] == "sqlite":
        yield tmp_path / "target.db"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    made = cluster.empty()
    yield made
    cluster.drop(made)


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.reading() as db:
        return {
            table.name: [
                tuple(row) for row in db.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def test_every_row_arrives_and_the_copy_goes_on_numbering(
    store: Store, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS_AT_ONCE", 2)
    fill(store)
    told: dict[str, tuple[int, int]] = {}
    with Store.open(target) as other:
        written = copying.copy(store, other, lambda name, *count: told.update({name: count}))
        before, after = everything(store), everything(other)
        assert after == before
        assert {name for name, kept in before.items() if not kept} <= {"transition"}
        assert {name: digest.rows for name, digest in written.items()} == {
            name: len(kept) for name, kept in before.items()
        }
        assert told == {name: (digest.rows, digest.rows) for name, digest in written.items()}
        with other.writing() as db:
            known = set(db.scalars(sa.select(film.c.id)))
            assert add_film(db, 99, b"/films/new.mkv") not in known


def test_what_holds_anything_is_not_copied_into(store: Store, target: Address) -> None:
    fill(store)
    with Store.open(target) as other:
        with other.writing() as db:
            daemons.set_paused(db, 1)
        with pytest.raises(StoreError, match="holds a library already"):
            copying.copy(store, other, nobody)
        assert rows(other, "SELECT * FROM film") == []
        with pytest.raises(StoreError, match="holds a library already"):
            copying.copy(other, store, nobody)


def test_a_row_that_arrives_otherwise_undoes_it_all(
    store: Store, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    link = copying._link_current_runs

    def link_and_spoil(old: sa.Connection, new: sa.Connection) -> None:
        link(old, new)
        new.execute(sa.update(film).where(film.c.id == 2).values(added_us=6))

    monkeypatch.setattr(copying, "_link_current_runs", link_and_spoil)
    with Store.open(target) as other:
        with pytest.raises(StoreError, match=r"film did not arrive as it was \(5 rows of 5\)"):
            copying.copy(store, other, nobody)
        assert rows(other, "SELECT * FROM film") == []
