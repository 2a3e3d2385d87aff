"""An attempt that was cut short, and the one that goes on from there."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import dialects
import pytest
from clips import Take, render
from filling import rows
from filmdex.db import films, runs
from filmdex.db.records import Precision
from filmdex.db.store import Store
from filmdex.indexer import building, indexing, library, planning
from filmdex.indexer.batching import Batcher
from filmdex.indexer.bundle import load
from filmdex.indexer.indexing import Advanced, Event, Finished, Skipped
from filmdex.indexer.network import Looked, Network
from filmdex.indexer.pixels_type import Pixels
from filmdex.indexer.settings import IndexSettings, Settings
from filmdex.indexer.viewing import here

SHOTS = 100
# No two shots look the same: what was looked at is not looked at again.
dialect = dialects.dialect
TAKES = [
    Take(((220, 30, 30 + n), (30 + n, 220, 30), (30, 30 + n, 220))[n % 3], 9 + n % 4)
    for n in range(SHOTS)
]
# Everything that a run says, but for when it was made and under which number.
STORED = {
    "run": "SELECT precision, settings, provider, container, codec, width, height, rotation, "
    "frame_rate, container_offset_us, duration_us, frames, decode_errors, shots, tally, state "
    "FROM index_run",
    "shots": "SELECT ordinal, start_us, end_us, early_us, late_us, state, samples, probabilities "
    "FROM shot ORDER BY ordinal",
    "embeddings": "SELECT owners, vectors FROM embedding_block ORDER BY first",
    "shot tags": "SELECT tag_id, sizes, ordinals, probabilities FROM tag_block ORDER BY 1",
    "lengths": "SELECT lengths, unseen FROM film_block",
    "film tags": "SELECT tag_id, relevance, weight, seconds, coverage, peak, present FROM film_tag "
    "ORDER BY 1",
}


@dataclass
class Bench:
    """Indexes one film, and can be stopped at any shot."""

    network: Network
    store: Store
    precision: Precision = Precision.EXACT
    settings: Settings = field(default_factory=Settings)
    looked_at: int = 0

    def index(self, path: Path, stop_at: int | None = None) -> Event:
        told: list[Event] = []
        stop = threading.Event()

        def tell(event: Event) -> None:
            told.append(event)
            if isinstance(event, Advanced) and stop_at and event.position.shots >= stop_at:
                stop.set()

        wanted = planning.wanted(self.network.bundle, self.settings, self.precision)
        plan = planning.plan(self.network, self.settings, self.precision)
        with Batcher(self._look, size=8) as batcher:
            desk = indexing.Desk(plan, wanted, here(batcher), self.store, tell, False, stop)
            due = indexing.due(library.films_at([str(path)]), wanted, self.store, tell, force=False)
            indexing.index_all(due, desk, 1)
        return told[-1]

    def _look(self, pictures: Pixels) -> list[Looked]:
        self.looked_at += len(pictures)
        return self.network.look(pictures)


def stored(store: Store) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {name: rows(store, sql) for name, sql in STORED.items()}
    # The blocks end where stretches did; what lies in them is the same.
    owners, vectors = zip(*rows(store, STORED["embeddings"]), strict=True)
    return found | {"embeddings": [sum(map(len, owners)), b"".join(map(bytes, vectors))]}


@pytest.fixture(scope="module")
def network(bundle_path: Path) -> Network:
    return Network.open(load(bundle_path), "cpu", threads=1)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("long") / "film.mkv", TAKES)


@pytest.fixture
def progress_at_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what has gathered stored shot by shot, as if each took long."""
    monkeypatch.setattr(building, "STRETCH_S", 0.0)


Undisturbed = Callable[[Precision], dict[str, list[object]]]


@pytest.fixture(scope="module")
def undisturbed(
    network: Network, film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")

    def run(precision: Precision) -> dict[str, list[object]]:
        with Store.open(folder / f"{precision}.db") as store:
            Bench(network, store, precision).index(film)
            return stored(store)

    return run


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("stops", [[1], [40], [20, 50, 70]])
@pytest.mark.usefixtures("progress_at_every_frame")
def test_however_often_it_is_cut_short_every_number_is_that_of_an_undisturbed_run(
    network: Network,
    store: Store,
    film: Path,
    undisturbed: Undisturbed,
    precision: Precision,
    stops: list[int],
) -> None:
    bench = Bench(network, store, precision)
    kept = [0]
    for stop_at in stops:
        bench.index(film, stop_at)
        kept.append(rows(store, "SELECT count(*) FROM shot")[0][0])
    assert isinstance(bench.index(film), (Finished, Skipped))
    assert stored(store) == undisturbed(precision)
    assert kept == sorted(kept)


@pytest.mark.usefixtures("progress_at_every_frame")
def test_what_is_stored_is_not_looked_at_again(network: Network, store: Store, film: Path) -> None:
    bench = Bench(network, store)
    ends = bench.index(film, stop_at=30)
    assert ends == Skipped(str(film), "interrupted")
    kept = rows(store, "SELECT count(*) FROM shot")[0][0]
    assert 0 < kept < SHOTS
    bench.looked_at = 0
    assert isinstance(bench.index(film), Finished)
    total = rows(store, "SELECT sum(length(owners)) / 4 FROM embedding_block")[0][0]
    assert bench.looked_at == total - kept


def test_an_interruption_keeps_what_is_finished(network: Network, store: Store, film: Path) -> None:
    """Though no stretch was full."""
    Bench(network, store).index(film, stop_at=30)
    assert rows(store, "SELECT state, owner, attempts FROM job") == [("queued", None, 0)]
    assert rows(store, "SELECT count(*) FROM shot")[0][0] > 0
    with store.reading() as db:
        (known,) = films.listed(db)
        assert runs.current(db, known.id) is None


@pytest.mark.usefixtures("progress_at_every_frame")
def test_a_run_with_other_settings_begins_from_the_start(
    network: Network, store: Store, film: Path
) -> None:
    bench = Bench(network, store)
    bench.index(film, stop_at=30)
    bench.settings = Settings(index=IndexSettings(long_shot_seconds=0.1))
    assert isinstance(bench.index(film), Finished)
    assert rows(store, "SELECT count(*) FROM index_run") == [(1,)]
    with store.reading() as db:
        [(run_id,)] = rows(store, "SELECT id FROM index_run")
        assert min(len(shot.samples) for shot in runs.shots(db, run_id)) > 1


@pytest.mark.usefixtures("progress_at_every_frame")
def test_stored_shots_that_do_not_come_again_are_thrown_away(
    network: Network, store: Store, film: Path, undisturbed: Undisturbed
) -> None:
    """As when the decoder that was installed meanwhile gives other frames."""
    bench = Bench(network, store)
    bench.index(film, stop_at=30)
    with store.writing() as db:
        db.exec_driver_sql("UPDATE shot SET state = 2 WHERE ordinal = 3")
    assert isinstance(bench.index(film), Finished)
    assert stored(store) == undisturbed(Precision.EXACT)
