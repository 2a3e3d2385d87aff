"""Films of one block that are finished beside each other: search finds them all."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from filling import FACTS, SECOND, add_film, begin_run, film_tag, looked_at
from filmdex.db import runs, search, shelving
from filmdex.db.blocks import FILMS_A_BLOCK
from filmdex.db.query_parser import parse
from filmdex.db.store import Store

WRITERS = 8
ROUNDS = 4


def at_the_same_time(works: list[Callable[[], None]]) -> None:
    """Run each in a thread, all begun together; raises what one of them raised."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        start.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for ended in [pool.submit(run, work) for work in works]:
            ended.result()


def finish(store: Store, film_id: int, now_us: int) -> None:
    """Give a film a new run, as indexing does: begun, filled and finished beside other writers."""
    with store.writing(beside=True) as db:
        run_id = begin_run(db, film_id, now_us)
    with store.writing(beside=True) as db:
        runs.append(db, run_id, 0, [looked_at(0, SECOND, 0.75, 0.0625, 0.0, 0.25)])
    with store.writing(beside=True) as db:
        runs.finish(db, run_id, FACTS, [film_tag("Animation", 0.75)], now_us)


def found(store: Store) -> list[int]:
    with store.reading() as db:
        query = parse("animation", search.vocabulary(db))
        hits = search.search_shots(db, query, limit=2 * FILMS_A_BLOCK).hits
        assert list(shelving.faults(db)) == []
    return sorted(hit.film_id for hit in hits)


def test_films_of_one_block_are_finished_at_the_same_time(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, n, b"/films/%d" % n) for n in range(1, WRITERS + 1)]
        begin_run(db, ids[0])  # the model is known before: its registration is alone
    assert len({film_id // FILMS_A_BLOCK for film_id in ids}) == 1

    def again(film_id: int) -> None:
        for n in range(ROUNDS):
            finish(store, film_id, 200 + n)

    at_the_same_time([lambda film_id=film_id: again(film_id) for film_id in ids])
    assert found(store) == ids


def test_a_film_leaves_a_block_while_others_come(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, n, b"/films/%d" % n) for n in range(1, WRITERS + 1)]
    for film_id in ids[: WRITERS // 2]:
        finish(store, film_id, 200)

    def leave(film_id: int) -> None:
        with store.writing(beside=True) as db:
            shelving.remove(db, film_id)
            shelving.shelve(db, film_id)

    works = [lambda film_id=film_id: leave(film_id) for film_id in ids[: WRITERS // 2]]
    works += [lambda film_id=film_id: finish(store, film_id, 300) for film_id in ids[4:]]
    at_the_same_time(works)
    assert found(store) == ids
