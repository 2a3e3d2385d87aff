"""`filmdex db` as an administrator uses it, and the metadata as Datasette reads them."""

import asyncio
import json
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pytest
from commands import Run, at_home
from filling import SECOND, add_film, file_of, film_tag, index, looked_at, rows
from filmdex.db.store import Store


@pytest.fixture
def run(tmp_path: Path, store: Store) -> Run:
    with store.writing() as db:
        shots = (looked_at(0, 4 * SECOND, 0.75, 0, 0, 0),)
        index(db, add_film(db), shots, [film_tag("Animation", 0.75)])
    return at_home(tmp_path, FILMDEX_DATABASE__PATH=str(file_of(store)))


def test_a_library_goes_out_and_comes_back(run: Run, tmp_path: Path, store: Store) -> None:
    copy = tmp_path / "copy.db"
    said = run("db", "backup", copy)
    assert (said.code, said.out) == (0, ""), said.err
    assert "sound" in said.err
    assert run("db", "backup", copy).code == 1
    with store.writing() as db:
        add_film(db, 2, b"/films/late.mkv")
    said = run("db", "restore", copy)
    assert said.code == 0, said.err
    assert "what was there before is in" in said.err
    assert [film["title"] for film in json.loads(run("films", "--json").out)] == ["Big_Buck.Bunny"]


def test_check_exits_with_1_where_something_is_wrong(run: Run, store: Store) -> None:
    said = run("db", "check")
    assert (said.code, said.out) == (0, "")
    with store.writing() as db:
        db.exec_driver_sql("UPDATE index_run SET shots = 7")
    said = run("db", "check", "--json")
    assert said.code == 1
    assert json.loads(said.out) == [{"fault": "film 1 (Big_Buck.Bunny): 1 shots, 7 were stored"}]
    assert "1 fault; `filmdex db restore`" in said.err


def test_compact_and_upgrade_say_what_they_did(run: Run) -> None:
    done = json.loads(run("db", "compact", "--json").out)
    assert set(done) == {"before_bytes", "after_bytes", "rows_dropped"}
    said = run("db", "upgrade")
    assert said.code == 0
    assert "schema was" in said.err


def test_a_newer_library_is_not_restored(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run("db", "backup", copy).code == 0
    import sqlite3

    with sqlite3.connect(copy) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    said = run("db", "restore", copy)
    assert said.code == 1
    assert "schema 9999 is newer than this program" in said.err


def test_export_writes_parquet(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    said = run("db", "export", tmp_path / "out")
    assert said.code == 0, said.err
    assert "1 films, 1 film tags, 1 shots, 1 shot tags" in said.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "film_tags.parquet",
        "films.parquet",
        "shot_tags.parquet",
        "shots.parquet",
    ]
    assert run("db", "export", tmp_path / "out").code == 1


def test_datasette_opens_the_library_with_its_queries(run: Run, store: Store) -> None:
    app = pytest.importorskip("datasette.app", reason="datasette is not installed")
    metadata = json.loads(run("db", "datasette").out)
    assert metadata == json.loads((files("filmdex.db") / "datasette.json").read_text())
    served = app.Datasette([str(file_of(store))], metadata=metadata)

    [(title,)] = rows(store, "SELECT title FROM film LIMIT 1")

    async def answers() -> dict[str, list[dict[str, object]]]:
        found = {}
        for query in metadata["databases"]["library"]["queries"]:
            path = f"/library/{query}.json?_shape=array&tag=Animation&title={quote(title)}"
            reply = await served.client.get(path)
            assert reply.status_code == 200, reply.text
            found[query] = reply.json()
        for table in metadata["databases"]["library"]["tables"]:
            assert (await served.client.get(f"/library/{table}")).status_code == 200, table
        return found

    found = asyncio.run(answers())
    assert found["films"][0]["tags"] == "Animation"
    assert found["films_with"][0]["peak"] == 0.75
    assert [row["shot"] for row in found["shots_of"]] == [1]
    assert found["failures"] == []
