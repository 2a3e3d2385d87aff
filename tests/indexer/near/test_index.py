"""The index of similar shots: what it names, and that nothing is lost by what it does not know."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filling import MODEL, SECOND, file_of, looked_at
from filmdex.db import embeddings, refining
from filmdex.db.errors import IndexFault, StoreError
from filmdex.db.store import Connection, Store
from filmdex.indexer.near import asking, files
from filmdex.indexer.near.catalogue import Catalogue
from filmdex.indexer.near.finding import Search, find
from filmdex.indexer.near.graph import Graph
from filmdex.indexer.near.projection import Projection
from filmdex.indexer.near.updating import Updated, update
from filmdex.indexer.similar import Found, compared, nearest
from hypothesis import given
from hypothesis import strategies as st
from near_libraries import WIDTH, add, fill, index_again, shots_of, vectors

BACKBONE = MODEL.backbone
Update = Callable[..., Updated]


@pytest.fixture
def folder(store: Store) -> Path:
    return files.folder_of(file_of(store), BACKBONE)


@pytest.fixture
def bring(store: Store, folder: Path) -> Update:
    def bring(segment: int = 1 << 20) -> Updated:
        return update(store, folder, BACKBONE, 1, lambda *_: None, segment)

    return bring


def asked(seed: int = 5) -> np.ndarray:
    vector = vectors(seed, 3)[0]
    result: np.ndarray = vector / np.linalg.norm(vector)
    return result


def exactly(db: Connection, direction: np.ndarray, most: int = 10) -> list[Found]:
    every = [run.run_id for run in embeddings.current_runs(db, BACKBONE)]
    return nearest(db, every, direction, most)


def search(store: Store, folder: Path, direction: np.ndarray, most: int = 10) -> Search:
    """Search as the command does, and see that it is what comparing all gives."""
    index = asking.opened(folder, BACKBONE)
    with store.reading() as db:
        done = find(db, index, embeddings.current_runs(db, BACKBONE), direction, most)
        truth = exactly(db, direction, most)
    assert [one.key for one in done.found] == [one.key for one in truth]
    assert [one.cosine for one in done.found] == pytest.approx([one.cosine for one in truth])
    return done


def test_the_graph_names_nearly_all_of_the_nearest(
    store: Store, folder: Path, bring: Update
) -> None:
    fill(store, 8, 150)
    assert bring().points == 8 * 180
    index = asking.opened(folder, BACKBONE)
    assert index is not None
    hits = 0
    with store.reading() as db:
        covered = index.covered(embeddings.current_runs(db, BACKBONE))
        for seed in range(40):
            truth = {one.key for one in exactly(db, asked(seed))}
            # Few enough that the graph is really walked through.
            named = index.candidates(asked(seed), 40, covered)
            assert 40 * asking.FEW < 8 * 180
            assert len(named) <= 40
            hits += len(truth & set(named))
    assert hits >= 0.95 * 10 * 40


def test_what_was_indexed_since_is_found_without_the_index(
    store: Store, folder: Path, bring: Update
) -> None:
    first, *_ = fill(store, 3, 40)
    bring()
    assert search(store, folder, asked()).outside == 0
    with store.writing() as db:
        add(db, 9, vectors(9, 30))
        index_again(db, first, list(shots_of(vectors(77, 25))))
    assert search(store, folder, asked()).outside == 2
    done = bring()
    assert (done.added, done.renumbered, done.films, done.fault) == (2, 0, 4, None)
    assert search(store, folder, asked()).outside == 0
    assert bring().added == 0


def test_a_film_that_is_gone_is_not_found(store: Store, folder: Path, bring: Update) -> None:
    gone, *_ = fill(store, 3, 40)
    bring()
    with store.writing() as db:
        db.exec_driver_sql("DELETE FROM film WHERE id = ?", (gone,))
    done = search(store, folder, asked(1), most=40)
    assert len(done.found) == 40
    assert bring().films == 2
    search(store, folder, asked(1), most=40)


def test_a_run_that_was_scored_anew_gets_its_number_and_no_more(
    store: Store, folder: Path, bring: Update
) -> None:
    film_ids = fill(store, 3, 40)
    bring()
    before = files.read_catalogue(folder, BACKBONE)
    with store.writing() as db:
        # The same embeddings under another run's number.
        index_again(db, film_ids[1], list(shots_of(vectors(2, 40))))
    done = bring()
    after = files.read_catalogue(folder, BACKBONE)
    assert before is not None
    assert after is not None
    assert (done.added, done.renumbered, done.films) == (0, 1, 3)
    assert [s.graph for s in after.segments] == [s.graph for s in before.segments]
    assert search(store, folder, asked()).outside == 0


def test_a_stretch_that_was_looked_at_again_is_compared_and_taken_in(
    store: Store, folder: Path, bring: Update
) -> None:
    first, *_ = fill(store, 4, 40)
    bring()
    with store.writing() as db:
        run = embeddings.current_run(db, first)
        assert run is not None
        (seen,) = shots_of(vectors(50, 1))
        both = [looked_at(0, SECOND, 0, 0, 0, 0), looked_at(SECOND, 4 * SECOND, 0, 0, 0, 0)]
        halves = tuple(type(one)(one.shot, seen.embeddings[:1]) for one in both)
        refining.replace(db, run.run_id, refining.Replacement(0, 1, halves, (), 7), MODEL)
    assert search(store, folder, asked(), most=30).outside == 1
    assert bring().added == 1
    assert search(store, folder, asked(), most=30).outside == 0


def test_segments_are_of_bounded_size_and_dropped_when_a_third_is_dead(
    store: Store, folder: Path, bring: Update
) -> None:
    film_ids = fill(store, 5, 40)
    bring(segment=90)
    catalogue = files.read_catalogue(folder, BACKBONE)
    assert catalogue is not None
    assert [len(s.entries) for s in catalogue.segments] == [2, 2, 1]
    with store.writing() as db:
        index_again(db, film_ids[0], list(shots_of(vectors(60, 40))))
    # The film is in the last segment now, and the one beside it in the first was taken in again.
    assert bring(segment=90).added == 2
    catalogue = files.read_catalogue(folder, BACKBONE)
    assert catalogue is not None
    assert sorted(
        f for s in catalogue.segments for f in (e.run.film_id for e in s.entries)
    ) == sorted(film_ids)
    assert {path.name for path in folder.iterdir()} == catalogue.files | {
        files.CATALOGUE,
        files.LOCK,
    }
    search(store, folder, asked())


def test_dead_and_unwanted_shots_that_lie_nearer_do_not_hide_others(
    store: Store, folder: Path, bring: Update
) -> None:
    near = np.tile(asked(), (400, 1)) + np.random.default_rng(0).gamma(0.5, 0.01, (400, WIDTH))
    with store.writing() as db:
        crowd = add(db, 1, near.astype(np.float32))
        for number in range(2, 5):
            add(db, number, vectors(number, 100))
    bring()
    index = asking.opened(folder, BACKBONE)
    assert index is not None
    with store.reading() as db:
        others = [r for r in embeddings.current_runs(db, BACKBONE) if r.film_id != crowd]
        named = index.candidates(asked(), 20, index.covered(others))
        truth = nearest(db, [run.run_id for run in others], asked(), 10)
    assert len(named) >= 20
    assert {one.key for one in truth} <= set(named)


@pytest.mark.parametrize("which", ["graph", "shots", "projection"])
@pytest.mark.parametrize("how", ["flipped", "cut", "emptied", "gone"])
def test_one_byte_that_is_another_is_noticed(
    store: Store, folder: Path, bring: Update, which: str, how: str
) -> None:
    fill(store, 2, 20)
    bring()
    catalogue = files.read_catalogue(folder, BACKBONE)
    assert catalogue is not None
    (segment,) = catalogue.segments
    names = {"graph": segment.graph, "shots": segment.shots, "projection": catalogue.projection}
    path = folder / names[which]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    match how:
        case "flipped":
            path.write_bytes(data)
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "emptied":
            path.write_bytes(b"")
        case _:
            path.unlink()
    with pytest.raises(IndexFault, match=names[which][:12]):
        asking.opened(folder, BACKBONE)
    done = bring()
    assert done.fault is not None
    assert done.added == 2
    assert search(store, folder, asked()).outside == 0


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_no_bit_of_a_catalogue_can_change_unseen(place: int, bit: int) -> None:
    text = Catalogue("b" * 64, "p" * 64, 0.5, 3, 7, ()).dumps()
    data = bytearray(text.encode())
    data[place % len(data)] ^= 1 << bit
    try:
        same = Catalogue.parsed(data.decode())
    except ValueError:
        return
    assert same == Catalogue.parsed(text)


def test_an_index_of_another_backbone_is_refused(store: Store, folder: Path, bring: Update) -> None:
    fill(store, 1, 5)
    bring()
    with pytest.raises(IndexFault, match="another backbone"):
        asking.opened(folder, "other")
    assert asking.opened(folder.with_name("elsewhere"), BACKBONE) is None


def test_one_process_writes_at_a_time(store: Store, folder: Path, bring: Update) -> None:
    fill(store, 1, 5)
    with files.locked(folder), pytest.raises(StoreError, match="another process"):
        bring()
    assert bring().added == 1


def test_a_library_in_which_nothing_was_seen_has_no_index(bring: Update) -> None:
    with pytest.raises(StoreError, match="index some first"):
        bring()


def test_an_attempt_that_failed_leaves_the_index_as_it_was(
    store: Store, folder: Path, bring: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 2, 20)
    bring()
    before = files.read_catalogue(folder, BACKBONE)
    with store.writing() as db:
        add(db, 9, vectors(9, 30))

    def full(_: Graph, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Graph, "save", full)
        with pytest.raises(OSError, match="No space"):
            bring()
    assert files.read_catalogue(folder, BACKBONE) == before
    assert search(store, folder, asked()).outside == 1
    assert bring().added == 1


def test_distances_of_points_follow_the_cosines() -> None:
    rng = np.random.default_rng(0)
    directions = rng.gamma(0.5, 1.0, (500, 12)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    projection = Projection.fitted(directions)
    points = projection.levels(directions).astype(np.float32) * projection.step
    squared = ((points[:100, None] - points[None, :100]) ** 2).sum(axis=2)
    assert squared == pytest.approx(2 - 2 * directions[:100] @ directions[:100].T, abs=0.05)


def test_shots_that_are_gone_are_not_compared(store: Store) -> None:
    fill(store, 1, 5)
    with store.reading() as db:
        (run,) = embeddings.current_runs(db, BACKBONE)
        keys = [embeddings.ShotKey(run.run_id, 99), embeddings.ShotKey(run.run_id + 1, 0)]
        assert compared(db, keys, asked()) == []
        assert compared(db, [], asked()) == []
