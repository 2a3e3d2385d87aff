"""Frames that stand for shots: which they are, and what is known to be in them."""

from filling import SECOND, add_film, index, looked_at, not_looked_at
from filmdex.db import stills
from filmdex.db.stills import Still
from filmdex.db.store import Store

# Animation, War, Prison, Nudity (filling.TAGS), with thresholds 0.5, 0.03, none, 0.75.
CALM, WAR, NUDE = (0.875, 0.0, 0.875, 0.0), (0.0, 0.5, 0.0, 0.5), (0.0, 0.25, 0.0, 1.0)


def fill(store: Store) -> int:
    with store.writing() as db:
        film_id = add_film(db)
        shots = [looked_at(n * SECOND, (n + 1) * SECOND, *CALM) for n in range(6)]
        shots += [looked_at(6 * SECOND, 7 * SECOND, *WAR), looked_at(7 * SECOND, 9 * SECOND, *NUDE)]
        index(db, film_id, [*shots, not_looked_at(9 * SECOND, 10 * SECOND)])
        return film_id


def test_the_frame_that_was_looked_at_stands_for_a_shot(store: Store) -> None:
    film_id = fill(store)
    with store.reading() as db:
        found = stills.of_shots(db, [(film_id, 7), (film_id, 0), (film_id, 99)], ("War", "Nudity"))
    assert found == {
        (film_id, 0): Still(film_id, SECOND // 2, ()),
        (film_id, 7): Still(film_id, 8 * SECOND, ("Nudity", "War")),
    }


def test_the_middle_stands_for_a_shot_that_nobody_looked_at(store: Store) -> None:
    film_id = fill(store)
    with store.reading() as db:
        found = stills.of_shots(db, [(film_id, 8)], ("War",))
    assert found[film_id, 8] == Still(film_id, 9_500_000, ())


def test_only_what_is_at_its_own_threshold_counts(store: Store) -> None:
    film_id = fill(store)
    with store.reading() as db:
        found = stills.of_shots(db, [(film_id, 6)], ("War", "Nudity", "Animation"))
    assert found[film_id, 6].tags == ("War",)


def test_posters_come_evenly_from_the_whole_film(store: Store) -> None:
    film_id = fill(store)
    with store.reading() as db:
        found = stills.posters(db, {film_id: 9}, 3, ("War",))
        every = stills.posters(db, {film_id: 2}, 4, ("War",))
    assert [still.at_us for still in found[film_id]] == [1_500_000, 4_500_000, 8_000_000]
    assert len(every[film_id]) == 2


def test_a_time_belongs_to_the_shot_that_it_lies_in(store: Store) -> None:
    film_id = fill(store)
    with store.reading() as db:
        found = stills.at(db, film_id, [0, 6 * SECOND - 1, 6 * SECOND, 99 * SECOND], ("War",))
    assert [still.tags for still in found] == [(), (), ("War",), ()]


def test_more_shots_than_one_statement_takes(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        index(db, film_id, [looked_at(n * 1000, (n + 1) * 1000, *CALM) for n in range(1100)])
    with store.reading() as db:
        found = stills.of_shots(db, [(film_id, n) for n in range(1100)], ())
    assert len(found) == 1100
