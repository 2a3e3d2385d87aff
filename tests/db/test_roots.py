"""One folder under one name on two hosts, each with a mount of its own."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from filling import fingerprint, rows
from filmdex.db import films, places, work
from filmdex.db.address import Address
from filmdex.db.query import Query
from filmdex.db.query_parser import parse
from filmdex.db.query_sql import film_clause
from filmdex.db.records import FilmIdentity, Location, Precision, RunSettings
from filmdex.db.roots import Roots, root_of
from filmdex.db.store import Store
from filmdex.db.tables import film
from filmdex.db.vocabulary import Vocabulary
from hypothesis import given
from hypothesis import strategies as st

HERE = Roots.of({"films": b"/mnt/films", "news": b"/mnt/films/news", "old": b"/srv/old"})
THERE = Roots.of({"films": b"/volumes/archive", "news": b"/news"})
WANTED = RunSettings.of(Precision.EXACT, cuts="hybrid")


@pytest.fixture
def hosts(address: Address) -> Iterator[tuple[Store, Store, Store]]:
    """The library as this host sees it, as another does, and as it is stored."""
    with ExitStack() as stack:
        opened = [stack.enter_context(Store.open(address, roots=r)) for r in (HERE, THERE, Roots())]
        yield opened[0], opened[1], opened[2]


def seen(store: Store, number: int, path: bytes) -> int:
    identity = FilmIdentity(fingerprint(number), 7)
    with store.writing() as db:
        return films.record(db, identity, Location(path, 7, 11), 5, lambda _: False)


def test_what_both_hosts_find_is_one_place(hosts: tuple[Store, Store, Store]) -> None:
    here, there, plain = hosts
    film_id = seen(here, 1, b"/mnt/films/noir/M.mkv")
    assert seen(there, 1, b"/volumes/archive/noir/M.mkv") == film_id
    assert rows(plain, "SELECT path, path_shown FROM location") == [
        (b"@films/noir/M.mkv", "@films/noir/M.mkv")
    ]
    with here.reading() as db:
        assert films.read(db, film_id).paths == (b"/mnt/films/noir/M.mkv",)
    with there.reading() as db:
        assert films.read(db, film_id).paths == (b"/volumes/archive/noir/M.mkv",)
        assert films.known_at(db, Location(b"/volumes/archive/noir/M.mkv", 7, 11)) == film_id
        found = films.find(db, "M.mkv", b"/volumes/archive/noir/M.mkv")
        assert found.id == film_id
    with plain.reading() as db:
        assert films.read(db, film_id).paths == (b"@films/noir/M.mkv",)


def test_the_deepest_root_names_a_place_and_folders_hold_what_lies_below(
    hosts: tuple[Store, Store, Store],
) -> None:
    here, there, plain = hosts
    seen(here, 1, b"/mnt/films/a.mkv")
    seen(here, 2, b"/mnt/films/news/b.mkv")
    seen(here, 3, b"/mnt/films0/c.mkv")
    seen(here, 4, b"/srv/old/d.mkv")
    stored = rows(plain, "SELECT path FROM location ORDER BY path")
    assert stored == [
        (b"/mnt/films0/c.mkv",),
        (b"@films/a.mkv",),
        (b"@news/b.mkv",),
        (b"@old/d.mkv",),
    ]

    def below(store: Store, folder: bytes) -> list[bytes]:
        with store.reading() as db:
            return sorted(one.location.path for one in places.below(db, folder))

    assert below(here, b"/mnt/films") == [b"/mnt/films/a.mkv", b"/mnt/films/news/b.mkv"]
    assert below(here, b"/mnt/films/news/") == [b"/mnt/films/news/b.mkv"]
    assert len(below(here, b"/mnt")) == 3
    assert len(below(here, b"/")) == 4
    assert below(there, b"/volumes/archive") == [b"/volumes/archive/a.mkv"]
    assert below(there, b"/news") == [b"/news/b.mkv"]
    with there.reading() as db:
        due = work.due(db, "m" * 64, WANTED, lambda _: True, 1, 9, (), (b"/news",))
    # `old` is known on the other host alone.
    assert [one.location.path for one in due] == [b"/volumes/archive/a.mkv", b"/mnt/films0/c.mkv"]


def test_lost_back_and_moved_are_said_in_the_hosts_own_paths(
    hosts: tuple[Store, Store, Store],
) -> None:
    here, there, plain = hosts
    seen(here, 1, b"/mnt/films/a.mkv")
    with there.writing() as db:
        places.lose(db, b"/volumes/archive/a.mkv", 9)
        assert places.missing_of(db, FilmIdentity(fingerprint(1), 7)) == {b"/volumes/archive/a.mkv"}
    with here.writing() as db:
        places.bring_back(db, b"/mnt/films/a.mkv")
        places.move(db, b"/mnt/films/a.mkv", Location(b"/srv/old/b.mkv", 7, 12), 10)
    assert rows(plain, "SELECT path, path_shown, missing_us FROM location") == [
        (b"@old/b.mkv", "@old/b.mkv", None)
    ]


def test_a_root_that_gets_a_name_takes_its_films_along(address: Address) -> None:
    with Store.open(address) as before:
        kept = seen(before, 1, b"/mnt/films/a.mkv")
        seen(before, 2, b"/mnt/films0/b.mkv")
        seen(before, 3, b"@news/c.mkv")
        seen(before, 3, b"/mnt/films/news/c.mkv")
    with Store.open(address, roots=HERE) as store:
        stored = rows(store, "SELECT film_id, path, path_shown FROM location ORDER BY film_id")
        assert [row[1:] for row in stored] == [
            (b"@films/a.mkv", "@films/a.mkv"),
            (b"/mnt/films0/b.mkv", "/mnt/films0/b.mkv"),
            (b"@news/c.mkv", "@news/c.mkv"),
        ]
        with store.reading() as db:
            assert films.read(db, kept).paths == (b"/mnt/films/a.mkv",)


def test_globs_are_of_the_hosts_own_paths(hosts: tuple[Store, Store, Store]) -> None:
    here, there, _ = hosts
    seen(here, 1, b"/mnt/films/noir/M.mkv")

    def found(store: Store, glob: str) -> int:

        query: Query = parse(f"path:{glob}", Vocabulary(()))
        with store.reading() as db:
            return len(db.execute(sa.select(film.c.id).where(film_clause(query, {}))).all())

    assert [found(here, glob) for glob in ("/mnt/films/*", "*noir*", "/volumes/*")] == [1, 1, 0]
    assert [found(there, glob) for glob in ("/mnt/*", "*noir*", "/volumes/archive/*")] == [0, 1, 1]


def test_a_path_below_an_unknown_root_names_it() -> None:
    assert root_of(Roots().here(b"@films/noir/M.mkv")) == "films"
    assert root_of(b"/mnt/films/M.mkv") is None


@given(
    st.binary(min_size=1).map(lambda rest: b"/" + rest.lstrip(b"/")), st.sampled_from([HERE, THERE])
)
def test_a_path_of_this_host_comes_back_as_it_was(path: bytes, roots: Roots) -> None:
    assert roots.here(roots.stored(path)) == path


@pytest.mark.parametrize("name", ["", "Films", "a/b", "@x", "é"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a root"):
        Roots.of({name: b"/mnt"})
