"""`filmdex similar` and `db near`: by a time, by a picture, with an index and without."""

import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clips import BLACK, BLUE, GREEN, RED, Take, picture, render
from commands import Run, Said, at_home
from filmdex.db import embeddings
from filmdex.db.embeddings import ShotKey
from filmdex.db.errors import LimitError, MediaError, ModelError
from filmdex.db.store import Store
from filmdex.db.vectors import expanded
from filmdex.indexer import picturing
from filmdex.indexer.framing import squash
from filmdex.indexer.framing_names import FramingName
from filmdex.indexer.render import picture as pictures
from filmdex.indexer.similar import Found, best, nearest
from near_libraries import fill, vectors
from PIL import Image

SQUASH = (FramingName.SQUASH,)


def test_the_nearest_are_those_of_a_full_comparison(store: Store) -> None:
    """As numpy sorts them; some shots have two samples, of which the nearer counts."""
    fill(store, 3, 30)
    asked = vectors(8, 1)[0] / np.linalg.norm(vectors(8, 1)[0])
    with store.reading() as db:
        cosines: dict[ShotKey, float] = {}
        for run in embeddings.current_runs(db, ""):
            (stored,) = embeddings.of_run(db, run.run_id)
            for ordinal, vector in zip(
                embeddings.owners(db, run.run_id), expanded(stored), strict=True
            ):
                key, cosine = ShotKey(run.run_id, ordinal), vector @ asked / np.linalg.norm(vector)
                cosines[key] = max(cosines.get(key, -2.0), float(cosine))
        found = nearest(db, [run.run_id for run in embeddings.current_runs(db, "")], asked, 12)
    assert len(cosines) == 90
    expected = sorted(cosines, key=lambda key: -cosines[key])[:12]
    assert [one.key for one in found] == expected
    assert [one.cosine for one in found] == pytest.approx([cosines[k] for k in expected], abs=1e-5)


def test_a_shot_counts_once_and_by_its_nearest() -> None:
    one, other = ShotKey(1, 2), ShotKey(1, 3)
    found = [Found(one, 0.5), Found(other, 0.7), Found(one, 0.9)]
    assert best(found, 5) == [Found(one, 0.9), Found(other, 0.7)]
    assert best(found, 1) == [Found(one, 0.9)]


# -- the command -------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, bundle_path: Path) -> Run:
    run = at_home(tmp_path, FILMDEX_MODEL__BUNDLE=str(bundle_path))
    render(tmp_path / "one.mkv", [Take(RED, 30), Take(GREEN, 30), Take(BLACK, 30, flat=True)])
    render(tmp_path / "two.mkv", [Take(BLUE, 30), Take((230, 40, 40), 60)])
    render(tmp_path / "three.mkv", [Take(BLUE, 60), Take(GREEN, 30)])
    said = run("index", *(tmp_path / f"{name}.mkv" for name in ("one", "two", "three")))
    assert said.code == 0, said.err
    return run


AT = ("similar", "one", "--at", "0.5", "--json")


def test_the_red_shot_of_another_film_is_the_most_similar(run: Run) -> None:
    said = run(*AT)
    rows = json.loads(said.out)
    assert (rows[0]["title"], rows[0]["shot"]) == ("two", 2), said.err
    assert len(rows) == 5
    others = json.loads(run(*AT, "--other-films", "-n", "2").out)
    assert {row["title"] for row in others} <= {"two", "three"}
    assert len(others) == 2
    assert run("similar", "one", "--at", "3").err.strip().endswith("could not be decoded")
    assert "no shot at 99.000 s" in run("similar", "one", "--at", "99").err
    assert run("similar", "one", "--at", "soon").code == 2
    assert "Similar" in run("similar", "one", "--at", "0.5").out


@pytest.mark.parametrize("arguments", [(), ("one",), ("--at", "1"), ("one", "--image", __file__)])
def test_what_is_asked_for_is_a_time_in_a_film_or_a_picture(
    run: Run, arguments: tuple[str, ...]
) -> None:
    said = run("similar", *arguments)
    assert (said.code, "FILM and --at TIME, or --image" in said.err) == (2, True), said.err


def test_an_index_gives_the_answer_of_the_full_comparison(run: Run, tmp_path: Path) -> None:
    before = run(*AT)
    made = run("db", "near")
    assert (made.code, "3 films taken in" in made.err) == (0, True), made.err
    assert run(*AT) == before
    assert run(*AT, "--exact") == before
    render(tmp_path / "four.mkv", [Take((225, 35, 35), 40), Take(BLUE, 30)])
    assert run("index", tmp_path / "four.mkv").code == 0
    said = run(*AT, "-n", "1")
    assert json.loads(said.out)[0]["title"] in ("two", "four")
    assert "1 film not in the index" in said.err
    assert "1 film taken in" in run("db", "near").err
    assert run(*AT).err == ""


def library(home: Path) -> Path:
    (path,) = home.rglob("library.db.near")
    return path


def test_a_damaged_index_is_said_and_passed_by(run: Run, tmp_path: Path) -> None:
    before = run(*AT)
    run("db", "near")
    for path in library(tmp_path).rglob("*"):
        if path.is_file() and path.name != "catalogue.json" and path.stat().st_size:
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    said = run(*AT)
    assert said.out == before.out
    assert "damaged" in said.err
    assert "`filmdex db near` makes it anew" in said.err
    assert "made anew" in run("db", "near").err
    assert run(*AT) == before


def test_without_the_extra_all_shots_are_compared_and_the_remedy_is_said(
    run: Run, tmp_path: Path
) -> None:
    before = run(*AT)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    hidden.joinpath("usearch.py").write_text(
        "raise ModuleNotFoundError('No module named usearch', name='usearch')\n", encoding="utf-8"
    )
    without = {"PYTHONPATH": str(hidden)}
    assert run(*AT, **without) == before
    said = run("db", "near", **without)
    assert (said.code, "pip install 'filmdex[similar]'" in said.err) == (1, True)
    run("db", "near")
    said = run(*AT, **without)
    assert said.out == before.out
    assert "usearch is not installed (pip install 'filmdex[similar]')" in said.err


# -- pictures ----------------------------------------------------------------------------------


def saved(path: Path, rgb: np.ndarray, **options: int) -> Path:
    Image.fromarray(rgb).save(path, **options)
    return path


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp"])
def test_a_picture_finds_the_shot_that_it_is_of(run: Run, tmp_path: Path, kind: str) -> None:
    frame = saved(tmp_path / f"frame.{kind}", picture(Take(GREEN, 1), 0))
    said = run("similar", "--image", frame, "--json")
    assert said.code == 0, said.err
    rows = json.loads(said.out)
    assert {(row["title"], row["shot"]) for row in rows[:2]} == {("one", 2), ("three", 2)}
    assert rows[0]["similarity"] > 0.99 > rows[2]["similarity"]


def test_a_picture_is_framed_as_a_frame_is(tmp_path: Path) -> None:
    rgb = picture(Take(GREEN, 1), 0)
    large = np.kron(rgb, np.ones((4, 4, 1), np.uint8))
    (view,) = pictures.picture_views(saved(tmp_path / "large.png", large), SQUASH, 32)
    assert np.abs(view.astype(int) - squash(rgb, 32)).max() < 12


def bomb(width: int, height: int) -> bytes:
    """Write a PNG that is small and black, whatever its header says of its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(3 * width + 1) * min(height, 4000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def cut_short(path: Path) -> bytes:
    saved(path, np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8))
    return path.read_bytes()[:8000]


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("none.png", lambda _: b"", MediaError),
        ("words.png", lambda _: b"hello" * 99, MediaError),
        ("list.png", lambda _: b"#EXTM3U\nfile:///etc/passwd\n", MediaError),
        ("cut.jpg", cut_short, MediaError),
        ("bomb.png", lambda _: bomb(60_000, 60_000), MediaError),
        ("large.png", lambda _: bomb(9_000, 9_000), LimitError),
        (
            "film.png",
            lambda path: render(path.with_suffix(".mkv"), [Take(RED, 5)]).read_bytes(),
            MediaError,
        ),
    ],
)
def test_what_is_no_picture_is_refused_in_the_child(
    tmp_path: Path, name: str, content: Callable[[Path], bytes], wrong: type[Exception]
) -> None:
    path = tmp_path / name
    path.write_bytes(content(path))
    with pytest.raises(wrong, match=name):
        pictures.picture_views(path, SQUASH, 32)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(MediaError, match="no file"):
        pictures.picture_views(tmp_path / "pipe.png", SQUASH, 32)


def test_more_bytes_than_are_allowed_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(pictures.MOST_BYTES + 1)
    with pytest.raises(LimitError, match="allowed"):
        pictures.picture_views(tmp_path / "huge.png", SQUASH, 32)


def test_a_picture_is_refused_where_the_librarys_model_is_not_here(
    run: Run, tmp_path: Path
) -> None:
    frame = saved(tmp_path / "frame.png", picture(Take(GREEN, 1), 0))
    said: Said = run("similar", "--image", frame, FILMDEX_MODEL__BUNDLE="default")
    assert (said.code, said.out) == (1, "")
    assert "no model that is here has the backbone" in said.err


def test_a_picture_is_refused_where_no_film_is_indexed(store: Store, bundle_path: Path) -> None:
    with store.reading() as db, pytest.raises(ModelError, match="no film is indexed"):
        picturing.bundle_for(db, str(bundle_path))
