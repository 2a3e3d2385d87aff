"""What is PostgreSQL's alone: opening, refusing, locking, and its own indexes."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from filling import add_film, plain, rows
from filmdex.db.address import Server, address_of
from filmdex.db.errors import StoreError
from filmdex.db.folding import fold
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION, film, metadata
from filmdex.db.title_search import has_phrase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres_server import Cluster


@pytest.fixture
def dialect() -> str:
    """What keeps the library."""
    return "postgresql"


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Server]:
    """A database with nothing in it."""
    made = cluster.empty()
    yield made
    cluster.drop(made)


def test_the_tables_are_those_declared(store: Store) -> None:
    with store.reading() as db:
        found = compare_metadata(MigrationContext.configure(db), metadata)
        # Alembic cannot say it, and would drop it: it is PostgreSQL's own.
        assert [one[1].name for one in found] == ["ix_film_title_words"]
    assert rows(store, "SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]


def test_text_has_the_order_of_its_code_points(store: Store) -> None:
    found = rows(
        store,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
        "'public' AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT "
        "FROM 'C' AND table_name != 'alembic_version'",
    )
    assert found == []


def test_several_processes_may_make_one_library_at_once(empty: Server) -> None:
    program = (
        "import sys; from filmdex.db.address import address_of\n"
        "from filmdex.db.store import Store\n"
        "import filmdex.db.upgrade, filmdex.db.postgres\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "Store.open(address_of(sys.argv[1])).close()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    ends = [(process.communicate("go\n")[1], process.returncode) for process in processes]
    assert ends == [("", 0)] * 3
    with Store.open(empty) as store:
        assert rows(store, "SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]


def test_what_is_no_library_is_refused_and_left_alone(empty: Server, cluster: Cluster) -> None:
    with pytest.raises(StoreError, match="there is no library; `filmdex index FOLDER` makes one"):
        Store.open(empty, make=False)
    with Store.open(empty) as store:
        pass
    with plain(store) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="schema 9999 is newer"):
        Store.open(empty)
    other = cluster.empty()
    cluster.ask("SELECT 1")
    with Store.open(other) as store, plain(store) as db:
        db.execute("DROP TABLE alembic_version")
    with pytest.raises(StoreError, match="holds the tables of another program"):
        Store.open(other)
    cluster.drop(other)


def test_a_database_that_is_not_unicode_is_refused(cluster: Cluster) -> None:
    cluster.ask("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreError, match=r"keeps text as LATIN1; .*--encoding UTF8"):
        Store.open(cluster.server("latin"))


def test_no_password_is_ever_shown() -> None:
    at = Server("postgresql://me:se%2Fcret@host:5433/films?sslmode=require&password=secret")
    assert str(at) == "postgresql://me@host:5433/films"
    assert "cret" not in repr(at)
    for wrong in ("postgresql://me:se:cret@host:x/films", "postgresql://me:secret@[/films"):
        with pytest.raises(StoreError) as refused:
            Store.open(Server(wrong))
        assert "cret" not in f"{refused.value!r} {refused.value.__cause__!r}"
    with pytest.raises(StoreError) as refused:
        Store.open(Server("postgresql://me:secret@127.0.0.1:1/films"))
    assert "127.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["/a/library.db", "library.db", "postgresql.db"])
def test_what_is_no_url_is_a_file(text: str) -> None:
    assert not isinstance(address_of(text), Server)
    assert isinstance(address_of("postgres://host/films"), Server)


def test_who_writes_alone_waits_for_another_and_who_writes_beside_does_not(store: Store) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with store.writing() as db:
            add_film(db)
            begun.set()
            may_end.wait(60)

    other = threading.Thread(target=write)
    other.start()
    begun.wait(60)
    try:
        with store.writing(beside=True) as db:
            assert db.scalar(sa.select(sa.func.count()).select_from(film)) == 0
            db.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"), db.begin_nested():
                db.exec_driver_sql("SELECT pg_advisory_xact_lock(1718185069)")
    finally:
        may_end.set()
        other.join()


def test_nothing_can_be_written_while_reading(store: Store) -> None:
    with pytest.raises(StoreError, match="read-only transaction"), store.reading() as db:
        add_film(db)


def test_whole_numbers_add_up_to_one(store: Store) -> None:
    with store.writing() as db:
        add_film(db, 1, b"/1")
        add_film(db, 2, b"/2")
        total = db.scalar(sa.select(sa.func.sum(film.c.size)))
        mean = db.scalar(sa.select(sa.func.avg(film.c.size)))
    assert (total, type(total)) == (14, int)
    assert (mean, type(mean)) == (7.0, float)


def test_a_character_that_cannot_be_kept_is_said(store: Store) -> None:
    with pytest.raises(StoreError, match=r"NUL .*; leave the character out"), store.reading() as db:
        db.execute(sa.select(film.c.id).where(film.c.title == "a\0b")).all()


def test_titles_are_found_by_their_index(store: Store) -> None:
    statement = sa.select(film.c.id).where(has_phrase(fold("Bück bunny's")))
    with store.writing() as db:
        db.exec_driver_sql("SET LOCAL enable_seqscan = off")
        text = statement.compile(db, compile_kwargs={"literal_binds": True})
        plan = "\n".join(db.exec_driver_sql(f"EXPLAIN {text}").scalars())
    assert "ix_film_title_words" in plan


@given(title=st.text(max_size=12), phrase=st.text(max_size=6))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_phrase_is_found_as_in_plain_python(store: Store, title: str, phrase: str) -> None:
    folded = fold(title.replace("\0", ""))
    words = fold(phrase.replace("\0", ""))
    with store.writing() as db:
        made = add_film(db)
        db.execute(sa.update(film).values(title_folded=folded))
        found = db.scalars(sa.select(film.c.id).where(has_phrase(words))).all()
        db.rollback()
    assert found == ([made] if f" {words} " in f" {folded} " else [])
