"""Several processes claim films of one library at once: each film is one's alone."""

import subprocess
import sys

import pytest
from filling import add_film, file_of, rows
from filmdex.db import jobs, work
from filmdex.db.records import Precision, RunSettings
from filmdex.db.store import Store

FILMS, PROCESSES = 60, 4
CLAIMER = """
import sys
from filmdex.db import jobs, work
from filmdex.db.address import address_of
from filmdex.db.records import Precision, RunSettings
from filmdex.db.store import Store

at, owner, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
wanted = RunSettings.of(Precision.EXACT, cuts="hybrid")
with Store.open(address_of(at)) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    taken = []
    while True:
        with store.reading() as db:
            due = work.due(db, "m" * 64, wanted, lambda _: True, 1000, count)
        if not due:
            break
        for one in due:
            with store.writing(beside=True) as db:
                if held := jobs.claim(db, one.film_id, owner, lambda _: True, 1000):
                    taken.append(held.film_id)
print(*taken, flush=True)
"""


def _url(store: Store) -> str:
    if store.engine.dialect.name == "sqlite":
        return str(file_of(store))
    return store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_each_film_is_claimed_exactly_once(store: Store) -> None:
    with store.writing() as db:
        for number in range(FILMS):
            add_film(db, number, b"/films/%d.mkv" % number)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, _url(store), f"owner {number}", "7"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    said = []
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        said.append([int(word) for word in out.split()])
    taken = sorted(film_id for one in said for film_id in one)
    assert taken == [row[0] for row in rows(store, "SELECT id FROM film ORDER BY id")]
    for number, theirs in enumerate(said):
        held = rows(store, "SELECT film_id FROM job WHERE owner = ?", f"owner {number}")
        assert {row[0] for row in held} == set(theirs)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_claim_that_another_is_just_making_is_passed_by(store: Store) -> None:
    """It waits for nobody: the other transaction is still open."""
    with store.writing() as db:
        film_id = add_film(db)
        jobs.queue(db, film_id, 0, 1)
    with store.writing(beside=True) as one:
        assert jobs.claim(one, film_id, "one", lambda _: True, 2)
        with store.writing(beside=True) as other:
            assert jobs.claim(other, film_id, "other", lambda _: True, 2) is None
    assert rows(store, "SELECT owner FROM job") == [("one",)]


def test_a_film_that_nobody_has_a_way_to_is_not_due(store: Store) -> None:
    with store.writing() as db:
        add_film(db, 1, b"@elsewhere/film.mkv")
        here = add_film(db, 2, b"/films/film.mkv")
        wanted = RunSettings.of(Precision.EXACT, cuts="hybrid")
        due = work.due(db, "m" * 64, wanted, lambda _: True, 1000, 9)
        left = work.left(db, "m" * 64, wanted)
    assert [one.film_id for one in due] == [here]
    assert left == (1, 7)
