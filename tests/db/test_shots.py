"""A run's shots read in parts: how each begins, and what it shows, as the whole shots have it."""

import math

from filling import SECOND, TAGS, add_film, index, looked_at, not_looked_at
from filmdex.db import films, runs, shots
from filmdex.db.shots import Beginning
from filmdex.db.store import Store

SEEN = (
    looked_at(0, SECOND, 0.75, 0.0, 0.5, 0.125),
    not_looked_at(SECOND, 2 * SECOND),
    looked_at(2 * SECOND, 4 * SECOND, 0.125, 0.5, 0.0, 1.0),
)


def test_a_part_says_what_the_whole_does(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        index(db, film_id, list(SEEN))
    with store.reading() as db:
        run_id = runs.of_film(films.read(db, film_id)).run_id
        whole = list(shots.shots(db, run_id))
        begun = shots.beginnings(db, run_id)
        strip = shots.strip(db, run_id, len(TAGS))
    assert whole == [one.shot for one in SEEN]
    assert begun == [Beginning.of(shot) for shot in whole]
    assert list(strip.starts_us) == [shot.span.start_us for shot in whole]
    assert list(strip.ends_us) == [shot.span.end_us for shot in whole]
    assert list(strip.states) == [shot.state for shot in whole]
    first, unseen, last = strip.probabilities.tolist()
    assert (tuple(first), tuple(last)) == (whole[0].probabilities, whole[2].probabilities)
    assert all(map(math.isnan, unseen))


def test_a_run_without_shots_is_an_empty_strip(store: Store) -> None:
    with store.reading() as db:
        assert shots.strip(db, 99, 4).probabilities.shape == (0, 4)
        assert shots.beginnings(db, 99) == []
