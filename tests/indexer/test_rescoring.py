"""A library scored anew is the library that the new model would have made."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from bundles import PLAIN, write_bundle
from clips import BLACK, BLUE, GREEN, RED, Take, render
from commands import Run, at_home
from filling import file_of
from filmdex.db import rescoring as stored
from filmdex.db.errors import ModelError
from filmdex.db.records import ModelFacts, TagFacts
from filmdex.db.rescoring import Stale
from filmdex.db.store import Store
from filmdex.indexer.bundle import load
from filmdex.indexer.relevance import FilmTally, TagRule
from filmdex.indexer.rescoring import Head, require_scorable, rescore
from hypothesis import given
from hypothesis import strategies as st

TAKES = [Take(RED, 30), Take(BLACK, 75, flat=True), Take(GREEN, 300), Take(BLUE, 25)]
# Red is what is green, Green is a little of everything.
OTHER = PLAIN.copy()
OTHER[:, 0], OTHER[:, 1] = (0.1, 0.9, 0.0), (0.4, 0.3, 0.2)


@pytest.fixture
def run(tmp_path: Path, bundle_path: Path) -> Run:
    return at_home(tmp_path, FILMDEX_MODEL__BUNDLE=str(bundle_path))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return render(tmp_path / "film.mkv", TAKES)


def told(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a library says of its films now, ids and times of indexing apart."""
    statements = {
        "shots": "SELECT ordinal, start_us, end_us, state, samples, probabilities FROM shot"
        " JOIN film ON current_run_id = run_id ORDER BY film.id, ordinal",
        "search": "SELECT tag.name, block, sizes, ordinals, probabilities FROM tag_block"
        " JOIN tag ON tag.id = tag_id ORDER BY block, tag.name",
        "film": "SELECT tag.name, relevance, weight, seconds, coverage, peak, film_tag.present"
        " FROM film_tag JOIN tag ON tag.id = tag_id JOIN film ON current_run_id = run_id"
        " ORDER BY film.id, tag.name",
        "model": "SELECT model.version, index_run.shots, index_run.state FROM film"
        " JOIN index_run ON index_run.id = current_run_id JOIN model ON model.id = model_id",
        "embeddings": "SELECT count(*), sum(length(vectors)) FROM embedding_block",
    }
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(query).fetchall() for name, query in statements.items()}


def test_rescored_is_what_the_new_model_would_have_stored(
    run: Run, film: Path, tmp_path: Path
) -> None:
    other = write_bundle(tmp_path / "other", "2", OTHER)
    anew, once = tmp_path / "anew.db", tmp_path / "once.db"
    assert run("index", film, "--database", anew).code == 0
    film_before = told(anew)
    assert run("index", film, "--database", once, FILMDEX_MODEL__BUNDLE=str(other)).code == 0
    film.unlink()  # no film is opened
    said = run("rescore", "--model", str(other), "--database", anew, "--json")
    assert said.code == 0, said.err
    assert told(anew) == told(once)
    assert told(anew)["film"] != film_before["film"]
    changed = {(row["tag"], row["change"]) for row in json.loads(said.out)}
    had = {row[0] for row in film_before["film"] if row[-1]}
    has = {row[0] for row in told(anew)["film"] if row[-1]}
    assert changed == {(t, "gained") for t in has - had} | {(t, "lost") for t in had - has}
    assert "1 film, 4 shots scored by colours:2" in said.err
    again = run("rescore", "--model", str(other), "--database", anew)
    assert "0 films, 0 shots" in again.err


def test_a_tag_that_the_model_does_not_know_is_refused(run: Run) -> None:
    said = run("rescore", "--tag", "Rad")
    assert said.code == 2
    assert "did you mean Red" in said.err


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**7),
            st.lists(st.lists(st.floats(0, 1, width=16), min_size=2, max_size=2), max_size=3),
        ),
        max_size=12,
    )
)
def test_a_film_added_up_at_once_is_the_film_added_up_shot_by_shot(
    shots: list[tuple[int, list[list[float]]]],
) -> None:
    rules = tuple(TagRule(f"tag {n}", n, 0.5, 1.0, 0.1, 0.6) for n in (0, 1))
    step, vectors, samples = FilmTally(rules), [], []
    for length_us, looks in shots:
        vector = [max((look[n] for look in looks), default=0.0) for n in (0, 1)]
        step.add(length_us, vector, looks)
        vectors.append(vector)
        samples += looks
    lengths = np.array([length_us for length_us, _ in shots], np.int64)
    at_once = FilmTally.over(
        rules, lengths, np.array(vectors).reshape(-1, 2), np.array(samples).reshape(-1, 2)
    )
    assert at_once == step
    assert at_once.film_tags(10**9) == step.film_tags(10**9)


def facts(backbone: str, expert: str | None, threshold: float = 0.5) -> ModelFacts:
    tag = TagFacts("Dark", "dark", "colour", "expert", threshold, expert)
    return ModelFacts("d" * 64, "colours", "1", (tag,), backbone)


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        (facts("", "e"), "nothing says which backbone"),
        (facts("c", "e"), "another backbone"),
        (facts("b", "f"), "Dark has a network to itself"),
        (facts("b", "e", 0.6), "Dark has a network to itself"),
        (facts("b", None), "Dark has a network to itself"),
    ],
)
def test_what_cannot_be_scored_is_refused(old: ModelFacts, reason: str) -> None:
    of = Stale(1, "A film", 1, 1, 1)
    require_scorable(of, facts("b", "e"), facts("b", "e"))
    with pytest.raises(ModelError, match=reason):
        require_scorable(of, old, facts("b", "e"))


def test_nothing_is_changed_if_one_film_cannot_be_scored(
    run: Run, film: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library.db"
    second = render(tmp_path / "second.mkv", TAKES[:2])
    assert run("index", film, second, "--database", library).code == 0
    with closing(sqlite3.connect(library)) as db, db:
        db.execute("INSERT INTO model SELECT 9, 'x', name, '0', 'another' FROM model")
        db.execute(
            "INSERT INTO model_tag (model_id, ordinal, tag_id, status, threshold, expert)"
            " SELECT 9, ordinal, tag_id, status, threshold, expert FROM model_tag"
        )
        db.execute("UPDATE index_run SET model_id = 9 WHERE film_id = 2")
    before = told(library)
    other = write_bundle(tmp_path / "other", "2", OTHER)
    said = run("rescore", "--model", str(other), "--database", library)
    assert said.code == 1
    assert "second: its embeddings are of another backbone than colours:2's" in said.err
    assert told(library) == before


def test_a_film_that_was_indexed_meanwhile_is_left_to_that(
    run: Run, film: Path, tmp_path: Path, store: Store
) -> None:
    assert run("index", film, "--database", file_of(store)).code == 0
    head = Head.of(load(write_bundle(tmp_path / "other", "2", OTHER)), 1)
    with store.reading() as db:
        due = stored.stale(db, head.facts.digest)
    assert run("index", film, "--force", "--database", file_of(store)).code == 0
    before = told(file_of(store))
    (done,) = rescore(store, head, lambda: 1, due)
    assert (done.skipped, done.changes) == (True, ())
    assert told(file_of(store)) == before


def test_interrupted_it_goes_on_with_what_is_left(
    run: Run, film: Path, tmp_path: Path, store: Store
) -> None:
    second = render(tmp_path / "second.mkv", TAKES[:2])
    assert run("index", film, second, "--database", file_of(store)).code == 0
    head = Head.of(load(write_bundle(tmp_path / "other", "2", OTHER)), 1)
    with store.reading() as db:
        due = stored.stale(db, head.facts.digest)
    next(rescore(store, head, lambda: 1, due))
    with store.reading() as db:
        left = stored.stale(db, head.facts.digest)
    assert [of.title for of in left] == ["second"]
    assert len(list(rescore(store, head, lambda: 1, left))) == 1
    assert {row[0] for row in told(file_of(store))["model"]} == {"2"}
