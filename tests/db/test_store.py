"""Opening the database, and its transactions. SQLite's own module looks at the file as witness."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filling import SECOND, add_film, file_of, index, looked_at, plain, rows
from filmdex.db import runs, sqlite, tables
from filmdex.db.errors import StoreError
from filmdex.db.records import Transition, TransitionKind
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION, metadata
from filmdex.db.upgrade import alembic_config, upgrade


@pytest.fixture
def dialect() -> str:
    """What keeps the library: this is about a file, and SQLite's way with it."""
    return "sqlite"


def _python(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _open_files() -> list[str]:
    names = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that lists this folder is gone by now
            names.append(str(entry.readlink()))
    return names


# -- opening ---------------------------------------------------------------------------------


def test_a_new_file_is_made_with_its_folders_and_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "library.db"
    with Store.open(path) as store:
        assert rows(store, "SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]
        assert rows(store, "PRAGMA integrity_check") == [("ok",)]
        assert rows(store, "PRAGMA foreign_key_check") == []


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    with Store.open(tmp_path / "library.db") as store:
        with store.writing() as db:
            add_film(db)
        assert (tmp_path / "library.db-wal").exists()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["library.db"]


def test_opening_again_keeps_everything_and_loads_no_alembic(store: Store) -> None:
    with store.writing() as db:
        add_film(db)
    before = rows(store, "SELECT sql FROM sqlite_master"), rows(store, "SELECT * FROM film")
    program = (
        "import sys; from pathlib import Path; from filmdex.db.store import Store\n"
        "Store.open(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    again = _python(program, file_of(store))
    assert again.communicate() == ("False\n", "")
    assert before == (
        rows(store, "SELECT sql FROM sqlite_master"),
        rows(store, "SELECT * FROM film"),
    )


@pytest.mark.parametrize("name", ["a ?mode=ro#%20;.db", "Amélie 映画.db", os.fsdecode(b"l\xff.db")])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    with Store.open(tmp_path / name) as store, store.writing() as db:
        add_film(db)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        assert connection.execute("SELECT count(*) FROM film").fetchone() == (1,)


def test_several_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from filmdex.db.store import Store\n"
        "import filmdex.db.upgrade\n"
        "for name in sys.argv[1:]:\n"
        "    print('ready', flush=True); sys.stdin.readline(); Store.open(Path(name)).close()\n"
    )
    paths = [tmp_path / f"{number}.db" for number in range(3)]
    processes = [_python(program, *paths) for _ in range(3)]
    for _ in paths:
        for process in processes:
            assert process.stdout
            process.stdout.readline()
        for process in processes:
            assert process.stdin
            # One that failed before is told by its exit code and its words below.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write("go\n")
                process.stdin.flush()
    ends = [(process.communicate()[1], process.returncode) for process in processes]
    assert ends == [("", 0)] * len(processes)
    for path in paths:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            assert found == [(SCHEMA_VERSION,)]


def test_the_switch_to_a_write_ahead_log_waits_for_whoever_writes_to_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            other.execute("ROLLBACK")

        monkeypatch.setattr(time, "sleep", pause)
        with Store.open(path) as store:
            assert rows(store, "PRAGMA journal_mode") == [("wal",)]
        assert len(pauses) == 1


# -- what is refused, and how ----------------------------------------------------------------


def test_what_is_not_a_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "holiday.mkv"
    path.write_bytes(b"\x1aE\xdf\xa3 this is a film, not a database" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"holiday\.mkv: .*not a database.*is it a filmdex data"):
        Store.open(path)
    assert path.read_bytes() == before
    assert str(path) not in _open_files()


def test_a_newer_schema_is_refused(store: Store) -> None:
    path = file_of(store)
    with plain(store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match=r"library\.db: schema 9999 is newer .* upgrade filmdex"):
        Store.open(path)
    assert rows(store, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert str(path) not in _open_files()


def test_the_database_of_another_program_is_refused_and_gets_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY)")
    with pytest.raises(StoreError, match=r"places\.sqlite: .*another program.*--database"):
        Store.open(path)
    with closing(sqlite3.connect(path)) as connection:
        tables_there = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables_there == [("moz_places",)]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/below: cannot be made: Not a directory"):
        Store.open(tmp_path / "file" / "below" / "library.db")
    with pytest.raises(StoreError, match=r"file: cannot be made"):
        Store.open(tmp_path / "file" / "library.db")


@pytest.mark.parametrize("path", ["/proc/library.db", "/dev"])
def test_a_place_where_no_file_can_be_is_named_with_what_to_do(path: str) -> None:
    # Neither is a place for a database, even for root.
    with pytest.raises(StoreError, match=rf"^{path}: unable to open .*permission"):
        Store.open(Path(path))


def test_a_damaged_page_found_later_is_a_store_error(store: Store) -> None:
    [(page,)] = rows(store, "SELECT rootpage FROM sqlite_master WHERE name = 'location'")
    [(page_size,)] = rows(store, "PRAGMA page_size")
    store.close()
    with file_of(store).open("r+b") as file:
        file.seek((page - 1) * page_size)
        file.write(b"\xa5" * page_size)
    with (
        pytest.raises(StoreError, match=r"library\.db: .*malformed; .*backup"),
        store.reading() as db,
    ):
        db.execute(sa.select(tables.location)).all()


def test_a_file_that_became_read_only_is_a_store_error(store: Store) -> None:
    with store.reading() as db:
        db.exec_driver_sql("PRAGMA query_only = ON")  # stays with the connection, in the pool
    with (
        pytest.raises(StoreError, match=r"library\.db: .*readonly.*permissions"),
        store.writing() as db,
    ):
        add_film(db)


def test_a_broken_reference_stops_an_upgrade_and_undoes_it(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
            "CREATE TABLE child (id INTEGER PRIMARY KEY, of INTEGER REFERENCES parent);"
            "INSERT INTO child VALUES (1, 404)"
        )
    with Store.open(tmp_path / "any.db") as store:  # for the way connections are made
        make = store.engine.url.set(database=str(path))
    engine = sa.create_engine(make)
    sa.event.listen(engine, "connect", sqlite._prepare_connection)
    sa.event.listen(engine, "begin", sqlite._begin)
    with pytest.raises(StoreError, match=r"broken\.db: the upgrade left 1 broken reference"):
        upgrade(engine, None, "broken.db")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    assert names == [("child",), ("parent",)]


# -- transactions ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["reading", "writing"])
def test_every_connection_keeps_foreign_keys_and_a_write_ahead_log(store: Store, way: str) -> None:
    store.close()  # the connection that made the tables; the next one is new
    with getattr(store, way)() as db:
        pragmas = [
            db.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous")
        ]
    assert pragmas == [1, "wal", 1]


def test_a_writer_is_alone_from_its_first_moment(store: Store) -> None:
    with store.writing(), plain(store) as other, pytest.raises(sqlite3.OperationalError) as refused:
        other.execute("BEGIN IMMEDIATE")
    assert "locked" in str(refused.value)


def test_waiting_too_long_is_a_store_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0)
    with Store.open(tmp_path / "busy.db") as store, plain(store) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(StoreError, match=r"busy\.db: .*locked.*other writers"),
            store.writing() as db,
        ):
            add_film(db)


# -- disk full -------------------------------------------------------------------------------


def _limit_pages(db: sa.Connection, pages: int) -> None:
    db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_leaves_nothing_half_written_and_the_store_usable(store: Store) -> None:
    shots = [looked_at(n * SECOND, (n + 1) * SECOND, 0.5, 0.5, 0.5, 0.5) for n in range(4000)]
    with store.writing() as db:
        first = index(db, add_film(db), shots[:2])
    before = rows(store, "SELECT ordinal, run_id FROM shot")

    def overflow() -> None:
        with store.writing() as db:
            _limit_pages(db, db.exec_driver_sql("PRAGMA page_count").scalar_one() + 4)
            index(db, add_film(db), shots)

    with pytest.raises(StoreError, match=r"library\.db: .*full.*free space"):
        overflow()
    assert rows(store, "SELECT ordinal, run_id FROM shot") == before
    assert rows(store, "SELECT id, state FROM index_run") == [(first, "complete")]
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    with store.writing() as db:
        _limit_pages(db, 2**30)
        second = index(db, add_film(db), shots)
    assert rows(store, "SELECT count(*) FROM shot WHERE run_id = ?", second) == [(4000,)]


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no database grow beyond three pages."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 3")

    sa.event.listen(sa.pool.Pool, "connect", limit)
    yield
    sa.event.remove(sa.pool.Pool, "connect", limit)


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_fills_up_while_the_tables_are_made_leaves_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"new\.db: .*full.*free space"):
        Store.open(tmp_path / "new.db")
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_a_file_that_may_not_grow_is_a_store_error_and_can_be_opened_later(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from filmdex.db.errors import StoreError; from filmdex.db.store import Store\n"
        "import filmdex.db.upgrade\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try: Store.open(Path(sys.argv[1]))\n"
        "except StoreError as error: print(error)\n"
    )
    said, complaints = _python(program, tmp_path / "new.db").communicate()
    assert complaints == ""
    assert said.startswith(f"{tmp_path / 'new.db'}: ")
    assert "free space" in said
    with Store.open(tmp_path / "new.db") as store:
        assert rows(store, "PRAGMA integrity_check") == [("ok",)]


# -- migrations ------------------------------------------------------------------------------


def test_the_migrations_end_at_the_programs_own_version() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [SCHEMA_VERSION]


def test_alembic_finds_no_difference_between_migrations_and_tables(store: Store) -> None:
    with store.reading() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_library_of_the_first_version_keeps_all_it_has(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    _make_version(path, "0001")
    with closing(sqlite3.connect(path)) as old:
        for statement in OLD_ROWS:
            old.execute(statement)
        old.commit()
        before = _everything(old)
    with Store.open(path) as store:
        assert rows(store, "SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]
        assert rows(store, "PRAGMA foreign_key_check") == []
        with store.reading() as db:
            run = runs.current(db, 1)
            [shot] = runs.shots(db, 1)
        assert run is not None
        assert (run.facts.frames, run.facts.network_frames) == (96, 0)
        assert shot.transition == Transition(TransitionKind.WIPE, 1, 2)
        with plain(store) as new:
            after = _everything(new)
    # Later versions add columns, at the end; shots and what belongs to them lie elsewhere now.
    anew = ("shot", "sample", "transition", "embedding", "shot_tag")
    before = {name: held for name, held in before.items() if name not in anew}
    kept = {
        name: [row[: len(old)] for row, old in zip(after[name], held, strict=True)]
        for name, held in before.items()
    }
    assert kept == before


OLD_ROWS = (
    "INSERT INTO film VALUES (1, 'f', 7, 'T', 't', 5, NULL)",
    "INSERT INTO location VALUES (1, 1, x'2f61', '/a', 7, 11, 5)",
    "INSERT INTO model VALUES (1, 'd', 'plain', '1')",
    "INSERT INTO index_run VALUES (1, 1, 1, 'complete', 'exact', '{}', 'cpu', '0.1', 1, 2,"
    " 'matroska', 'h264', 16, 9, 0, 25.0, 0, 9, 96, 2, 1)",
    "INSERT INTO shot VALUES (1, 1, 0, 0, 9, 0, 0, 'not_looked_at', NULL)",
    "INSERT INTO transition VALUES (1, 'wipe', 1, 2)",
    "UPDATE film SET current_run_id = 1",
)


def _make_version(path: Path, version: str) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def _everything(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
        for (name,) in sorted(tables)
        if name not in {"alembic_version", "sqlite_sequence"}
    }


@pytest.mark.parametrize("table", [table.name for table in metadata.sorted_tables])
def test_migrations_make_each_table_as_it_is_declared(
    store: Store, tmp_path: Path, table: str
) -> None:
    """Alembic compares neither CHECKs nor WITHOUT ROWID."""
    declared = sa.create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(declared)
    migrated_as, declared_as = (_described(e, table) for e in (store.engine, declared))
    declared.dispose()
    assert migrated_as == declared_as


def _described(engine: sa.Engine, table: str) -> dict[str, object]:
    with engine.connect() as connection:
        look = sa.inspect(connection)
        source = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = ?", (table,)
        ).scalar_one()
        return {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)
            ],
            "key": look.get_pk_constraint(table),
            "checks": {c["name"]: c["sqltext"] for c in look.get_check_constraints(table)},
            "uniques": {u["name"]: u["column_names"] for u in look.get_unique_constraints(table)},
            "indexes": {i["name"]: i["column_names"] for i in look.get_indexes(table)},
            "references": {
                (tuple(f["constrained_columns"]), f["referred_table"], str(f["options"]))
                for f in look.get_foreign_keys(table)
            },
            "without rowid": "WITHOUT ROWID" in source,
        }
