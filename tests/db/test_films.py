"""Films and where they lie."""

import os

import pytest
from filling import (
    SETTINGS,
    add_film,
    begin_run,
    film_tag,
    fingerprint,
    index,
    never_gone,
    plain,
    rows,
)
from filmdex.db import films, jobs
from filmdex.db.errors import StoreError
from filmdex.db.records import (
    Failed,
    FilmIdentity,
    Indexed,
    Location,
    Queued,
    Running,
)
from filmdex.db.store import Store

HERE = b"/films/Big_Buck.Bunny.mkv"
THERE = b"/archive/bunny.mkv"


def test_a_film_is_its_content_and_a_copy_is_another_place(store: Store) -> None:
    with store.writing() as db:
        first = add_film(db, 1, HERE)
        assert add_film(db, 1, THERE) == first
        assert add_film(db, 1, HERE) == first
        other = add_film(db, 2, b"/films/other.mkv")
        film = films.read(db, first)
    assert other != first
    assert film.paths == (THERE, HERE)
    assert film.title == "Big_Buck.Bunny"
    assert film.identity == FilmIdentity(fingerprint(1), 7)
    assert film.state == Queued()
    assert rows(store, "SELECT title_folded, added_us FROM film WHERE id = ?", first) == [
        ("big buck bunny", 5)
    ]


def test_new_content_at_a_known_path_takes_the_path_over(store: Store) -> None:
    with store.writing() as db:
        old = add_film(db, 1, HERE)
        new = add_film(db, 2, HERE)
        assert films.read(db, old).paths == ()
        assert films.read(db, new).paths == (HERE,)
        # and back again
        assert add_film(db, 1, HERE) == old
        assert films.read(db, old).paths == (HERE,)
    assert rows(store, "SELECT count(*) FROM location") == [(1,)]


def test_a_film_is_known_by_path_size_and_time_together(store: Store) -> None:
    seen = Location(HERE, 100, 2**62)
    with store.writing() as db:
        film_id = films.record(db, FilmIdentity(fingerprint(1), 100), seen, 5, never_gone)
        assert films.known_at(db, seen) == film_id
        assert films.known_at(db, Location(THERE, 100, 2**62)) is None
        assert films.known_at(db, Location(HERE, 101, 2**62)) is None
        assert films.known_at(db, Location(HERE, 100, 2**62 - 1)) is None


def test_a_moved_film_is_known_by_its_new_place_alone(store: Store) -> None:
    moved = Location(b"/films/new/Nosferatu.mkv", 7, 11)
    with store.writing() as db:
        film_id = add_film(db, 1, HERE)
        same = films.record(db, FilmIdentity(fingerprint(1), 7), moved, 6, {HERE}.__contains__)
        film = films.read(db, film_id)
    assert same == film_id
    assert (film.title, film.paths) == ("Nosferatu", (moved.path,))
    with store.reading() as db:
        assert films.find(db, "nosferatu", b"").id == film_id


def test_a_copy_does_not_rename_a_film(store: Store) -> None:
    copy = Location(b"/films/copy of it.mkv", 7, 11)
    with store.writing() as db:
        title = films.read(db, add_film(db, 1, HERE)).title
        film_id = films.record(db, FilmIdentity(fingerprint(1), 7), copy, 6, never_gone)
        film = films.read(db, film_id)
    assert film.title == title
    assert film.paths == tuple(sorted((HERE, copy.path)))


def test_seeing_a_film_again_notes_when_and_how_it_was(store: Store) -> None:
    with store.writing() as db:
        add_film(db)
        films.record(db, FilmIdentity(fingerprint(1), 7), Location(HERE, 7, 12), 6, never_gone)
    assert rows(store, "SELECT size, mtime_ns, seen_us FROM location") == [(7, 12, 6)]
    assert rows(store, "SELECT added_us FROM film") == [(5,)]


def test_a_name_that_is_not_utf8_is_kept_as_bytes_and_shown_with_escapes(store: Store) -> None:
    path = b"/films/Am\xe9lie.avi"
    with store.writing() as db:
        film = films.read(db, add_film(db, 1, path))
        assert films.find(db, os.fsdecode(path), path) == film
    assert film.paths == (path,)
    assert film.title == r"Am\xe9lie"
    assert rows(store, "SELECT path, path_shown FROM location") == [(path, r"/films/Am\xe9lie.avi")]


# -- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("id:1", b"/elsewhere"),
        ("Big_Buck.Bunny", b"/elsewhere"),
        ("big buck bunny", b"/elsewhere"),
        ("BÍG BUCK-BUNNY!", b"/elsewhere"),
        ("whatever", HERE),
    ],
)
def test_a_film_answers_to_id_path_and_title(store: Store, name: str, path: bytes) -> None:
    with store.writing() as db:
        wanted = add_film(db, 1, HERE)
        add_film(db, 2, b"/films/id 1.mkv")
        assert wanted == 1
        assert films.find(db, name, path).id == wanted


def test_a_path_comes_before_a_title(store: Store) -> None:
    with store.writing() as db:
        add_film(db, 1, b"/films/bunny.mkv")
        at_path = add_film(db, 2, b"/bunny")
        assert films.find(db, "bunny", b"/bunny").id == at_path


def test_a_title_of_several_films_is_refused_with_their_ids(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, n, f"/{n}/Metropolis.mkv".encode()) for n in (1, 2)]
        with pytest.raises(StoreError, match=f"2 films .*'METROPOLIS'.* id:{ids[0]}, id:{ids[1]}$"):
            films.find(db, "METROPOLIS", b"/nowhere")


@pytest.mark.parametrize("name", ["", "Bunny", "id:", "id:x", "id:-1", "id:²", "ID:1"])
def test_nothing_answers_to_another_name(store: Store, name: str) -> None:
    with store.writing() as db:
        add_film(db)
        with pytest.raises(StoreError, match=r"no film answers to .*filmdex films"):
            films.find(db, name, b"/nowhere")


@pytest.mark.parametrize("number", ["0", "404", "9" * 30])
def test_an_id_that_no_film_has_is_refused(store: Store, number: str) -> None:
    with store.writing() as db:
        add_film(db)
        with pytest.raises(StoreError, match=f"no film id:{number}; .*filmdex films"):
            films.find(db, f"id:{number}", b"/nowhere")


# -- the list, and states ----------------------------------------------------------------------


def test_films_are_listed_by_title_whatever_its_spelling(store: Store) -> None:
    with store.writing() as db:
        for number, name in enumerate(["b.mkv", "Érd.mkv", "a.mkv", "C.mkv", "A.avi"]):
            add_film(db, number, f"/films/{name}".encode())
        listed = films.listed(db)
    assert [film.title for film in listed] == ["a", "A", "b", "C", "Érd"]


def test_an_empty_library_lists_nothing(store: Store) -> None:
    with store.reading() as db:
        assert films.listed(db) == ()


def test_the_states_of_a_film(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        assert films.read(db, film_id).state == Queued()

        claim = jobs.claim(db, film_id, "me", lambda _: True, 1)
        assert claim
        assert films.read(db, film_id).state == Running("me")

        jobs.end_failed(db, claim, "MediaError", "no video stream", 2)
        assert films.read(db, film_id).state == Failed("MediaError", "no video stream", 1)

        claim = jobs.claim(db, film_id, "me", lambda _: True, 3)
        assert claim
        jobs.release(db, claim, 4)
        assert films.read(db, film_id).state == Queued()

        begin_run(db, film_id)
        assert films.read(db, film_id).state == Queued()


def test_an_indexed_film_stays_indexed_while_it_is_indexed_again_and_if_that_fails(
    store: Store,
) -> None:
    tag = film_tag("Animation", 0.5)
    with store.writing() as db:
        film_id = add_film(db)
        run_id = index(db, film_id, tags=[tag])
        claim = jobs.claim(db, film_id, "me", lambda _: True, 300)
        assert claim
        begin_run(db, film_id)
        again = films.read(db, film_id)
        jobs.end_failed(db, claim, "WorkerError", "crashed", 301)
        assert films.read(db, film_id) == again
    assert again.tags == (tag,)
    assert isinstance(again.state, Indexed)
    assert again.state.run_id == run_id
    assert again.state.settings == SETTINGS


def test_a_film_whose_run_was_taken_from_it_is_queued(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        index(db, film_id)
    with plain(store) as connection:
        connection.execute("DELETE FROM index_run")
    with store.reading() as db:
        assert films.read(db, film_id).state == Queued()
