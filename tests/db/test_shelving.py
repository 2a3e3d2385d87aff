"""Films come into blocks as their runs change, and out again, however many write at once."""

import itertools
import threading

import numpy as np
from dialects import dialect as dialect
from filling import FACTS, SECOND, add_film, begin_run, film_tag, index, looked_at, not_looked_at
from filmdex.db import films, runs, shelving
from filmdex.db.block_reading import FEW_SHOTS, BlockReader, all_films
from filmdex.db.records import FilmIdentity
from filmdex.db.store import Connection, Store

SHOTS = [
    looked_at(0, SECOND, 0.5, 0.0, 0.0, 0.25),
    not_looked_at(SECOND, 3 * SECOND),
    looked_at(3 * SECOND, 4 * SECOND, 0.75, 0.0, 0.0, 0.0),
]
WRITERS, FILMS_EACH = 4, 6


def names(store: Store) -> list[int]:
    with store.reading() as db:
        assert list(shelving.faults(db)) == []
        return [int(film_id) for film_id in all_films(db)["film_id"]]


def test_what_is_read_of_a_film_is_what_its_shots_say(store: Store) -> None:
    with store.writing() as db:
        one, other = add_film(db, 1), add_film(db, 2)
        index(db, other, SHOTS[:1])
        index(db, one, SHOTS)
    with store.reading() as db:
        every = all_films(db)
        reader = BlockReader.of(db, every, every)
        _, places, values = reader.tag(1)
        spans_us = reader.spans_us(reader.places(*reader.tag(1)[:2]))
        assert (every["shots"].tolist(), every["unseen"].tolist()) == ([3, 1], [1, 0])
        assert (places.tolist(), values.tolist()) == ([0, 2, 0], [0.5, 0.75, 0.5])
        assert spans_us.tolist() == [[0, 3 * SECOND, 0], [SECOND, 4 * SECOND, SECOND]]
        assert reader.unseen().tolist() == [1]


def test_times_are_the_same_of_few_shots_and_of_many(store: Store) -> None:
    lengths_us = [SECOND + 7 * n for n in range(FEW_SHOTS + 100)]
    ends_us = list(itertools.accumulate(lengths_us))
    shots = [
        looked_at(end_us - length_us, end_us, 0.5, 0.0, 0.0, 0.0)
        for length_us, end_us in zip(lengths_us, ends_us, strict=True)
    ]
    with store.writing() as db:
        index(db, add_film(db, 1), SHOTS)
        index(db, add_film(db, 2), shots)
    with store.reading() as db:
        every = all_films(db)
        reader = BlockReader.of(db, every, every)
        places = np.arange(reader.shots)
        many = reader.spans_us(places)
        few = [reader.spans_us(some) for some in np.array_split(places, 3)]
    assert many[1].tolist() == [SECOND, 3 * SECOND, 4 * SECOND, *ends_us]
    assert np.concatenate(few, axis=1).tolist() == many.tolist()


def test_a_film_that_is_dropped_is_found_no_more(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, number) for number in (1, 2, 3)]
        for film_id in ids:
            index(db, film_id, SHOTS)
        fingerprint = films.read(db, ids[1]).identity.fingerprint
        films.drop(db, FilmIdentity(fingerprint, 1))
    assert names(store) == [ids[0], ids[2]]


def test_films_of_one_block_may_be_finished_at_the_same_time(store: Store) -> None:
    with store.writing() as db:
        ids = [add_film(db, number) for number in range(WRITERS * FILMS_EACH)]
        begun = {film_id: begin_run(db, film_id, 1) for film_id in ids}
        for run_id in begun.values():
            runs.append(db, run_id, 0, SHOTS)
    start = threading.Barrier(WRITERS)
    errors: list[Exception] = []

    def finish(own: list[int]) -> None:
        start.wait()
        try:
            for film_id in own:
                with store.writing(beside=True) as db:
                    _finish(db, begun[film_id])
        except Exception as error:  # noqa: BLE001  told below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=finish, args=(ids[n::WRITERS],)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert names(store) == ids


def _finish(db: Connection, run_id: int) -> None:
    runs.finish(db, run_id, FACTS, [film_tag("Animation", 0.75)], 2)
