"""Copies of a library that is in use, and what is found in one that is damaged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from filling import SECOND, add_film, file_of, film_tag, index, looked_at, plain, rows
from filmdex.db import upkeep
from filmdex.db.errors import StoreError
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION

SHOTS = (looked_at(0, 1 * SECOND, 0.75, 0, 0, 0), looked_at(1 * SECOND, 4 * SECOND, 0, 0.5, 0, 0))


@pytest.fixture
def dialect() -> str:
    """What keeps the library: this is about a file, and SQLite's way with it."""
    return "sqlite"


def fill(store: Store, films: int) -> None:
    with store.writing() as db:
        for number in range(films):
            film_id = add_film(db, number, f"/films/{number}.mkv".encode())
            index(db, film_id, SHOTS, [film_tag("Animation", 0.75)])


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_copy_is_the_library_in_one_file(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    upkeep.backup(file_of(store), tmp_path / "copy.db")
    assert dump(tmp_path / "copy.db") == dump(file_of(store))
    assert upkeep.schema_of(tmp_path / "copy.db") == SCHEMA_VERSION
    assert sorted(p.name for p in tmp_path.glob("*copy*")) == ["copy.db"]


def test_a_copy_shows_one_moment_while_films_are_written(store: Store, tmp_path: Path) -> None:
    fill(store, 600)
    before, written = dump(file_of(store)), []

    def write_meanwhile(_done: int, _of: int) -> None:
        number = 1000 + len(written)
        with store.writing() as db:
            written.append(add_film(db, number, f"/films/{number}.mkv".encode()))

    upkeep.PAGES_AT_ONCE, pages = 16, upkeep.PAGES_AT_ONCE
    try:
        upkeep.backup(file_of(store), tmp_path / "copy.db", write_meanwhile)
    finally:
        upkeep.PAGES_AT_ONCE = pages
    assert len(written) > 3
    assert dump(tmp_path / "copy.db") == before
    assert rows(store, "SELECT count(*) FROM film") == [(600 + len(written),)]


def test_a_copy_is_not_written_over(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(StoreError, match="is there already"):
        upkeep.backup(file_of(store), tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_a_copy_that_cannot_be_made_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the copy was not made"):
        upkeep.backup(file_of(store), tmp_path / "nowhere" / "copy.db")
    with pytest.raises(StoreError, match="there is no library"):
        upkeep.backup(tmp_path / "none.db", tmp_path / "copy.db")
    (tmp_path / "text.db").write_text("no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        upkeep.backup(tmp_path / "text.db", tmp_path / "copy.db")
    assert list(tmp_path.glob("*copy*")) == []


def test_a_restored_library_is_seen_by_whoever_has_it_open(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    upkeep.backup(file_of(store), tmp_path / "copy.db")
    with store.writing() as db:
        add_film(db, 99, b"/films/late.mkv")
    kept = upkeep.restore(tmp_path / "copy.db", file_of(store))
    with store.reading() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM film").scalar() == 2
    assert kept is not None
    with closing(sqlite3.connect(kept)) as before:
        assert before.execute("SELECT count(*) FROM film").fetchone() == (3,)
    with store.writing() as db:
        add_film(db, 100, b"/films/next.mkv")


def test_a_library_is_restored_where_none_is(store: Store, tmp_path: Path) -> None:
    fill(store, 1)
    upkeep.backup(file_of(store), tmp_path / "copy.db")
    assert upkeep.restore(tmp_path / "copy.db", tmp_path / "new" / "library.db") is None
    assert dump(tmp_path / "new" / "library.db") == dump(file_of(store))


def test_what_is_no_sound_library_is_not_restored(store: Store, tmp_path: Path) -> None:
    fill(store, 1)
    before = dump(file_of(store))
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE mine (x)")
    with pytest.raises(StoreError, match="no library of filmdex"):
        upkeep.restore(tmp_path / "other.db", file_of(store))
    assert dump(file_of(store)) == before


def test_a_sound_library_has_no_faults(store: Store) -> None:
    fill(store, 3)
    assert list(upkeep.faults(file_of(store))) == []


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE index_run SET shots = 7", "2 shots, 7 were stored"),
        ("UPDATE shot SET start_us = 1000001 WHERE ordinal = 1", "does not begin"),
        ("DELETE FROM shot WHERE ordinal = 0", "shot 2 does not begin"),
        ("UPDATE shot SET probabilities = x'0000' WHERE ordinal = 1", "shot 2 has 1 probabilities"),
        ("UPDATE tag_block SET ordinals = x'00'", "what search reads of them is damaged"),
        ("UPDATE tag_block SET ordinals = x'0700'", "search reads something else"),
        ("DELETE FROM tag_block", "search reads something else"),
        ("DELETE FROM film_block", "search reads something else"),
        ("UPDATE shot SET probabilities = x'0000000000000000' WHERE ordinal = 0", "something else"),
        ("UPDATE embedding_block SET first = 2", "shot 3 has embeddings, and is not there"),
        ("UPDATE index_run SET state = 'building', finished_us = NULL", "is not complete"),
        ("UPDATE film SET current_run_id = 77", "refers to a row of index_run that is not there"),
    ],
)  # fmt: skip
def test_each_damage_is_named(store: Store, damage: str, fault: str) -> None:
    fill(store, 1)
    with plain(store) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(damage)
    assert any(fault in found for found in upkeep.faults(file_of(store)))


def test_a_torn_file_is_named(store: Store, tmp_path: Path) -> None:
    fill(store, 200)
    upkeep.backup(file_of(store), tmp_path / "copy.db")
    size = (tmp_path / "copy.db").stat().st_size
    with (tmp_path / "copy.db").open("r+b") as file:
        file.seek(size - size // 4)
        file.write(b"\x55" * (size // 4))
    assert any(line.startswith("file: ") for line in upkeep.faults(tmp_path / "copy.db"))
    with pytest.raises(StoreError, match="damaged"):
        upkeep.restore(tmp_path / "copy.db", file_of(store))


def test_compacting_drops_what_replaced_runs_left(store: Store) -> None:
    fill(store, 300)
    with store.writing() as db:
        for film_id in range(1, 301):
            index(db, film_id, SHOTS[:1], [film_tag("War", 0.5)])
    current = rows(store, "SELECT * FROM film_tag JOIN film ON current_run_id = run_id")
    done = upkeep.compact(file_of(store))
    assert done.rows == 300
    assert done.after < done.before
    assert rows(store, "SELECT * FROM film_tag JOIN film ON current_run_id = run_id") == current
    assert list(upkeep.faults(file_of(store))) == []
