"""Libraries that are made up are libraries, and the same seed makes the same one."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import Run, at_home
from filling import MODEL, file_of, rows
from filmdex.db import embeddings, runs, upkeep
from filmdex.db.store import Store
from filmdex.indexer.bench.made_film import Maker
from filmdex.indexer.bench.made_library import fill
from filmdex.indexer.bench.queries import MIX
from filmdex.indexer.bench.searching import Timed, percentile
from filmdex.indexer.bench.writing import film_being_written

SAID = "SELECT ordinal, start_us, end_us, samples, probabilities FROM shot ORDER BY run_id, ordinal"


def test_a_made_library_is_sound(store: Store) -> None:
    stored = sum(fill(store, MODEL, 5, shots=40, width=6, with_embeddings=2))
    assert rows(store, "SELECT count(*) FROM shot") == [(stored,)]
    assert list(upkeep.faults(file_of(store))) == []
    with store.reading() as db:
        for run_id in (1, 2, 3):
            shots = list(runs.shots(db, run_id))
            looks = sum(len(shot.samples) for shot in shots)
            held = sum(len(block) for block in embeddings.of_run(db, run_id))
            assert held == (looks if run_id < 3 else 0)


def test_a_seed_makes_one_library(tmp_path: Path) -> None:
    said = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        with Store.open(tmp_path / f"{name}.db") as store:
            assert sum(fill(store, MODEL, 2, shots=30, seed=seed)) > 0
            said.append(rows(store, SAID))
    assert said[0] == said[1]
    assert said[0] != said[2]


def test_films_are_of_a_film_s_length() -> None:
    maker = Maker.of(MODEL, 0)
    lengths = [maker.lengths_us(maker.generator(number), 1_200) for number in range(200)]
    shots = np.mean([len(one) for one in lengths])
    assert 1_000 < shots < 1_400
    assert 4 < np.mean(np.concatenate(lengths)) / 1e6 < 6


def test_a_film_that_is_being_written_is_gone_afterwards(store: Store) -> None:
    sum(fill(store, MODEL, 1, shots=5))
    before = rows(store, "SELECT id, title FROM film"), rows(store, SAID)
    with film_being_written(file_of(store)):
        assert rows(store, "SELECT count(*) FROM film") == [(2,)]
    assert (rows(store, "SELECT id, title FROM film"), rows(store, SAID)) == before


def test_the_mix_is_of_thirty_queries() -> None:
    assert (len(MIX), len(set(MIX))) == (30, 30)


def test_a_percentile_is_a_time_that_was_taken() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(100)], 0.95) == 95.0
    assert Timed(MIX[0], "1", (3.0, 1.0, 2.0), (1.0,)).worst_ms == 3.0


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return at_home(tmp_path)


def test_made_and_searched_by_the_commands(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "made.db"
    made = run("bench", "make-library", library, "--films", "3", "--shots", "50")
    assert made.code == 0, made.err
    assert "3 films" in made.out
    assert run("bench", "make-library", library).code == 1
    said = run("bench", "search", library, "--rounds", "1", "--json")
    assert said.code == 0, said.err
    assert [row["query"] for row in json.loads(said.out)] == [asked.text for asked in MIX]
    table = run("bench", "search", library, "--rounds", "1", "--plans", "1")
    assert "95th percentile" in table.out
    assert "SEARCH" in table.out
