"""Persons and their tokens: what is kept of a token, and whom it lets in."""

import hashlib

import pytest
from filling import file_of, rows
from filmdex.db import persons
from filmdex.db.errors import StoreError, UnknownError
from filmdex.db.records import Person, Role
from filmdex.db.store import Store


def add(store: Store, name: str, role: Role = Role.READER) -> str:
    with store.writing() as db:
        return persons.add(db, name, role, 7).token


def with_token(store: Store, token: str) -> Person | None:
    with store.reading() as db:
        return persons.with_token(db, token)


def test_a_token_is_not_in_the_library(store: Store) -> None:
    token = add(store, "Ada")
    assert len(token) >= 43
    if store.engine.dialect.name == "sqlite":
        store.close()
        assert token.encode() not in file_of(store).read_bytes()
    assert token not in repr(rows(store, "SELECT * FROM person"))
    assert rows(store, "SELECT token_digest FROM person") == [
        (hashlib.sha256(token.encode()).hexdigest(),)
    ]


def test_a_token_lets_its_person_in_and_nobody_else(store: Store) -> None:
    ada, bob = add(store, "Ada", Role.REVIEWER), add(store, "Bob")
    assert with_token(store, ada) == Person(1, "Ada", Role.REVIEWER, 7)
    assert with_token(store, bob) == Person(2, "Bob", Role.READER, 7)
    for wrong in ("", ada[:-1], ada + "x", "\ud800"):
        assert with_token(store, wrong) is None


def test_a_name_stays_taken_and_a_new_token_ends_the_old_one(store: Store) -> None:
    old = add(store, "Ada")
    with pytest.raises(StoreError, match="persons renew"):
        add(store, "Ada")
    with store.writing() as db:
        new = persons.renew(db, "Ada").token
    assert with_token(store, old) is None
    assert with_token(store, new) is not None
    with store.writing() as db:
        persons.remove(db, "Ada")
        assert persons.listed(db) == ()
        assert persons.some(db)
    assert with_token(store, new) is None
    with pytest.raises(StoreError, match="taken"):
        add(store, "Ada")


def test_who_is_not_there_is_said_so(store: Store) -> None:
    add(store, "Ada")
    with store.writing() as db:
        persons.remove(db, "Ada")
        for change in (persons.remove, persons.renew):
            with pytest.raises(UnknownError, match="Eve"):
                change(db, "Eve")
        with pytest.raises(UnknownError, match="Ada"):
            persons.remove(db, "Ada")


def test_a_session_holds_only_for_the_token_it_was_begun_with(store: Store) -> None:
    token = add(store, "Ada")
    with store.reading() as db:
        assert persons.with_id(db, 1, persons.digest(token)) is not None
        assert persons.with_id(db, 1, persons.digest("other")) is None
        assert persons.with_id(db, 2, persons.digest(token)) is None
    with store.writing() as db:
        persons.remove(db, "Ada")
        assert persons.with_id(db, 1, persons.digest(token)) is None
        assert persons.with_id(db, 1, "") is None


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x1b[31m"])
def test_a_name_can_be_printed(store: Store, name: str) -> None:
    with store.writing() as db, pytest.raises(ValueError, match="name"):
        persons.add(db, name, Role.READER, 1)
