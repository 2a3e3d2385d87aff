"""The whole way with a network that can be worked out by hand: films in, rows out."""

import shutil
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bundles import THRESHOLD
from clips import BLACK, BLUE, GREEN, RED, Take, cuts_us, render
from filling import kept_tags
from filmdex.db import films, jobs, runs
from filmdex.db.records import Failed, Indexed, Precision, Shot
from filmdex.db.store import Store
from filmdex.indexer import indexing, library, planning
from filmdex.indexer.batching import Batcher
from filmdex.indexer.bundle import load
from filmdex.indexer.indexing import Finished, Refused, Skipped
from filmdex.indexer.network import Network
from filmdex.indexer.owner import lives
from filmdex.indexer.settings import IndexSettings, Settings
from filmdex.indexer.viewing import here

TAKES = [Take(RED, 20), Take(BLACK, 55, flat=True), Take(GREEN, 30), Take(BLUE, 25)]


@dataclass
class Bench:
    """Everything that indexing needs, and all that it told."""

    network: Network
    store: Store
    settings: Settings = field(default_factory=Settings)
    precision: Precision = Precision.EXACT
    told: list[indexing.Event] = field(default_factory=list)

    def index(
        self,
        *paths: Path,
        force: bool = False,
        parallel: int = 1,
        told: list[indexing.Event] | None = None,
    ) -> list[indexing.Event]:
        self.told = [] if told is None else told
        wanted = planning.wanted(self.network.bundle, self.settings, self.precision)
        found = library.films_at(map(str, paths))
        due = indexing.due(found, wanted, self.store, self.told.append, force=force)
        with Batcher(self.network.look, size=8) as batcher:
            plan = planning.plan(self.network, self.settings, self.precision)
            desk = indexing.Desk(
                plan, wanted, here(batcher), self.store, self.told.append, force, threading.Event()
            )
            indexing.index_all(due, desk, parallel)
        return [event for event in self.told if isinstance(event, (Finished, Refused, Skipped))]

    def shots(self, title: str) -> list[Shot]:
        with self.store.reading() as db:
            film = films.find(db, title, b"")
            assert isinstance(film.state, Indexed)
            return list(runs.shots(db, film.state.run_id))


@pytest.fixture(scope="module")
def network(bundle_path: Path) -> Network:
    return Network.open(load(bundle_path), "cpu", threads=1)


@pytest.fixture
def bench(network: Network, store: Store) -> Bench:
    return Bench(network, store)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("clips") / "four.mkv", TAKES)


def test_a_film_goes_in_and_its_tags_come_out(bench: Bench, clip: Path) -> None:
    (event,) = bench.index(clip)
    assert isinstance(event, Finished)
    waited = event.outcome.waited
    assert min(waited.decoder, waited.network, waited.storing) > 0
    assert waited.decoder + waited.network + waited.storing <= event.seconds
    shots = bench.shots("four")
    assert [shot.span.start_us for shot in shots[1:]] == cuts_us(TAKES)
    for shot, take in zip(shots, TAKES, strict=True):
        assert shot.probabilities is not None
        red, green, blue, never, dark = shot.probabilities
        if take.flat:
            assert shot.probabilities == (0, 0, 0, 0, 0)
            continue
        assert (red, green, blue) == pytest.approx([c / 255 for c in take.rgb], abs=0.05)
        assert never == 0
        assert dark == pytest.approx(1 - sum(take.rgb) / 765, abs=0.05)


def test_the_films_tags_are_worked_out_from_its_shots(bench: Bench, clip: Path) -> None:
    bench.index(clip)
    with bench.store.reading() as db:
        tags = {tag.tag: tag for tag in films.find(db, "four", b"").tags}
    assert set(tags) == {"Red", "Green", "Blue", "Dark"}
    assert tags["Dark"].relevance == 1.0
    assert tags["Green"].seconds == pytest.approx(1.2)
    assert tags["Green"].coverage == pytest.approx(1.2 / 5.2)
    assert tags["Green"].present
    assert tags["Dark"].seconds == pytest.approx(3.0)


def test_another_witness_reads_the_same_rows(bench: Bench, clip: Path, tmp_path: Path) -> None:
    bench.index(clip)
    with sqlite3.connect(tmp_path / "library.db") as witness:
        starts_us = witness.execute("SELECT start_us FROM shot ORDER BY ordinal").fetchall()
        assert witness.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    witness.close()
    start = [0, *cuts_us(TAKES)]
    assert [
        (starts_us[ordinal][0], name)
        for ordinal, name, probability in kept_tags(bench.store)
        if probability >= THRESHOLD
    ] == [
        (start[0], "Dark"),
        (start[0], "Red"),
        (start[2], "Dark"),
        (start[2], "Green"),
        (start[3], "Blue"),
        (start[3], "Dark"),
    ]


def test_an_indexed_film_is_skipped_without_being_opened(bench: Bench, clip: Path) -> None:
    bench.index(clip)
    (event,) = bench.index(clip)
    assert event == Skipped(str(clip), "already indexed")
    (again,) = bench.index(clip, force=True)
    assert isinstance(again, Finished)


def test_a_moved_film_keeps_its_index_and_a_copy_adds_a_place(
    bench: Bench, clip: Path, tmp_path: Path
) -> None:
    shutil.copy(clip, tmp_path / "first.mkv")
    bench.index(tmp_path / "first.mkv")
    shutil.copy(clip, tmp_path / "second.mkv")
    (event,) = bench.index(tmp_path / "second.mkv")
    assert isinstance(event, Skipped)
    assert "content is known" in event.why
    with bench.store.reading() as db:
        (film,) = films.listed(db)
    assert [path.rpartition(b"/")[2] for path in film.paths] == [b"first.mkv", b"second.mkv"]


def test_a_changed_file_is_another_film(bench: Bench, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    shutil.copy(clip, path)
    bench.index(path)
    render(path, [Take(BLUE, 30)])
    (event,) = bench.index(path)
    assert isinstance(event, Finished)
    with bench.store.reading() as db:
        paths = [film.paths for film in films.listed(db)]
    assert sorted(map(len, paths)) == [0, 1]


def test_other_settings_make_another_run(bench: Bench, clip: Path) -> None:
    bench.index(clip)
    bench.settings = Settings(index=IndexSettings(long_shot_seconds=0.4))
    (event,) = bench.index(clip)
    assert isinstance(event, Finished)
    assert len(bench.shots("four")[2].samples) == 3
    with bench.store.reading() as db:
        runs_of = [film.state for film in films.listed(db)]
    assert len(runs_of) == 1


def test_one_bad_film_costs_no_other_anything(bench: Bench, clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "a bad one.mp4").write_bytes(b"not a film at all")
    (folder / "b empty.mp4").touch()
    shutil.copy(clip, folder / "c good.mkv")
    (folder / "d playlist.ts").write_text("#EXTM3U\n/etc/passwd\n", encoding="ascii")
    events = bench.index(folder)
    assert [type(event) for event in events] == [Refused, Refused, Finished, Refused]
    reasons = [event.reason for event in events if isinstance(event, Refused)]
    assert "no film that filmdex can read" in reasons[0]
    assert reasons[1] == "empty (0 bytes)"
    assert "a playlist" in reasons[2]
    with bench.store.reading() as db:
        states = {film.title: film.state for film in films.listed(db)}
    assert isinstance(states["a bad one"], Failed)
    assert isinstance(states["c good"], Indexed)


def test_a_damaged_film_is_not_tried_again_unless_forced(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"not a film at all")
    bench.index(path)
    (event,) = bench.index(path)
    assert isinstance(event, Refused)
    assert "--force tries again" in event.reason
    (forced,) = bench.index(path, force=True)
    assert isinstance(forced, Refused)
    assert "--force" not in forced.reason


def test_several_films_at_once_give_what_one_at_a_time_gives(
    bench: Bench, network: Network, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for n, takes in enumerate([TAKES, TAKES[::-1], TAKES[1:], TAKES[:3]]):
        render(folder / f"film {n}.mkv", takes)
    bench.index(folder, parallel=3)
    with Store.open(tmp_path / "other.db") as other:
        alone = Bench(network, other)
        alone.index(folder)
        for n in range(4):
            assert bench.shots(f"film {n}") == alone.shots(f"film {n}")


def test_a_film_written_to_meanwhile_is_not_taken_for_indexed(bench: Bench, tmp_path: Path) -> None:
    path = render(tmp_path / "growing.mkv", TAKES)

    class Writing(list[indexing.Event]):
        def append(self, event: indexing.Event) -> None:
            super().append(event)
            if isinstance(event, indexing.Started):
                with path.open("ab") as file:
                    file.write(b"more")

    (event,) = bench.index(path, told=Writing())
    assert isinstance(event, Refused)
    assert "written to while it was indexed" in event.reason
    with bench.store.reading() as db:
        assert jobs.counts(db, lives) == {"queued": 1, "running": 0, "indexed": 0, "failed": 0}
    (again,) = bench.index(path)
    assert isinstance(again, Finished)


def test_a_link_to_nowhere_is_named(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "gone.mkv"
    path.symlink_to(tmp_path / "nowhere.mkv")
    (event,) = bench.index(path)
    assert event == Refused(str(path), "No such file or directory")


def test_an_exact_run_replaces_one_of_keyframes_but_not_the_other_way(
    bench: Bench, clip: Path
) -> None:
    bench.precision = Precision.KEYFRAMES
    (first,) = bench.index(clip)
    bench.precision = Precision.EXACT
    (second,) = bench.index(clip)
    bench.precision = Precision.KEYFRAMES
    (third,) = bench.index(clip)
    assert [type(event) for event in (first, second, third)] == [Finished, Finished, Skipped]
    with bench.store.reading() as db:
        (film,) = films.listed(db)
    assert isinstance(film.state, Indexed)
    assert film.state.settings.precision is Precision.EXACT
