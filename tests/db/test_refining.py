"""Replacing a stretch of a run: all of it or nothing, and everything else as it was."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from filling import (
    EMBEDDING,
    FACTS,
    MODEL,
    SECOND,
    add_film,
    film_tag,
    index,
    kept_tags,
    looked_at,
    rows,
)
from filmdex.db import embeddings, refining, runs
from filmdex.db.errors import ClaimLostError
from filmdex.db.records import SeenShot
from filmdex.db.refining import Replacement
from filmdex.db.store import Store
from filmdex.db.vectors import compact, expanded

HALF = (0.5, 0.5, 0.5, 0.5)
OLD = [looked_at(n * SECOND, (n + 1) * SECOND, *HALF) for n in range(4)]


def shots_at(*edges: int) -> tuple[SeenShot, ...]:
    return tuple(
        looked_at(one, other, 0.25, 0.25, 0.25, 0.25) for one, other in itertools.pairwise(edges)
    )


@pytest.mark.parametrize("edges", [(1, 3), (1, 2, 3), (1, 1.5, 2, 2.5, 3)])
def test_new_shots_take_the_place_of_old_ones_in_order(store: Store, edges: tuple[float]) -> None:
    new = shots_at(*(round(edge * SECOND) for edge in edges))
    tags = (film_tag("War", 0.25),)
    with store.writing() as db:
        run_id = index(db, add_film(db), OLD, [film_tag("Animation", 0.5)])
        refining.replace(db, run_id, Replacement(1, 3, new, tags, 5), MODEL)
    with store.reading() as db:
        kept = [seen.shot for seen in (OLD[0], *new, OLD[3])]
        assert list(runs.shots(db, run_id)) == kept
        run = runs.read(db, run_id)
        assert (run.shots, run.facts.network_frames) == (len(kept), FACTS.network_frames + 5)
        assert runs.film_tags(db, run_id) == tags
    numbers = rows(store, "SELECT ordinal FROM shot ORDER BY start_us")
    assert numbers == [(number,) for number in range(len(kept))]
    with store.reading() as db:
        assert embeddings.owners(db, run_id).tolist() == list(range(len(kept)))
        assert sum(map(len, embeddings.of_run(db, run_id))) == len(kept)
    assert {ordinal for ordinal, _, _ in kept_tags(store)} == set(range(len(kept)))


def test_the_films_mean_embedding_is_that_of_its_shots(store: Store) -> None:
    other = compact(np.array([[3.0, 2.0, 1.0]], np.float32))[0]
    with store.writing() as db:
        run_id = index(db, add_film(db), OLD)
        before = rows(store, "SELECT vector FROM run_embedding")
        [new] = shots_at(SECOND, 3 * SECOND)
        by = Replacement(1, 3, (replace(new, embeddings=(other,)),), (), 0)
        refining.replace(db, run_id, by, MODEL)
    [(mean,)] = rows(store, "SELECT vector FROM run_embedding")
    expected = expanded([EMBEDDING, other, EMBEDDING]).mean(axis=0)
    assert expanded([mean])[0] == pytest.approx(expected, abs=0.02)
    assert [(mean,)] != before


def test_frames_are_not_counted_twice(store: Store) -> None:
    with store.writing() as db:
        run_id = index(db, add_film(db), OLD)
        by = Replacement(1, 3, shots_at(SECOND, 3 * SECOND), (), 10_000)
        refining.replace(db, run_id, by, MODEL)
        assert runs.read(db, run_id).facts.network_frames == FACTS.frames


def test_what_does_not_fit_changes_nothing(store: Store) -> None:
    with store.writing() as db:
        run_id = index(db, add_film(db), OLD)
    before = rows(store, "SELECT * FROM shot")
    by = Replacement(1, 3, shots_at(SECOND, 4 * SECOND), (), 0)
    with pytest.raises(ValueError, match="do not fit"), store.writing() as db:
        refining.replace(db, run_id, by, MODEL)
    assert rows(store, "SELECT * FROM shot") == before
    with pytest.raises(ValueError, match="no partition"):
        Replacement(1, 3, (*shots_at(SECOND, 2 * SECOND), OLD[3]), (), 0)


def test_a_run_that_is_no_longer_current_is_left_alone(store: Store) -> None:
    with store.writing() as db:
        film_id = add_film(db)
        run_id = index(db, film_id, OLD)
        index(db, film_id, OLD)
    by = Replacement(0, 1, shots_at(0, SECOND), (), 0)
    with pytest.raises(ClaimLostError), store.writing() as db:
        refining.replace(db, run_id, by, MODEL)
