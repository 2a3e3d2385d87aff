"""The film itself by ranges, and pictures out of it: the right ones, once, within limits."""

import io
import os
import shutil
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import RED, Take, render
from filmdex.db import films
from filmdex.indexer.web.frames.kept import Kept
from filmdex.indexer.web.frames.taking import MOST_WAITING, Wanted
from page import Page, serving
from PIL import Image


def colour(jpeg: bytes) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return np.asarray(picture.convert("RGB"), np.float64).mean(axis=(0, 1))


def test_a_film_is_sent_whole_and_by_ranges(page: Page) -> None:
    data = page.clip.read_bytes()
    whole = page.local.get("/api/v1/films/1/media")
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "video/x-matroska"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = page.local.get("/api/v1/films/1/media", headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, data[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(data)}"
    assert part.headers["content-length"] == "200"
    tail = page.local.get("/api/v1/films/1/media", headers={"Range": "bytes=-7"})
    assert tail.content == data[-7:]
    past = page.local.get("/api/v1/films/1/media", headers={"Range": f"bytes={len(data)}-"})
    assert past.status_code == 416
    assert past.headers["content-range"] == f"bytes */{len(data)}"
    head = page.local.head("/api/v1/films/1/media")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(data)))


def test_a_film_that_the_browser_has_is_not_sent_again(page: Page) -> None:
    etag = page.local.get("/api/v1/films/1/media").headers["etag"]
    same = page.local.get("/api/v1/films/1/media", headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    other = {"Range": "bytes=0-1", "If-Range": '"another"'}
    assert page.local.get("/api/v1/films/1/media", headers=other).status_code == 200
    fitting = {"Range": "bytes=0-1", "If-Range": etag}
    assert page.local.get("/api/v1/films/1/media", headers=fitting).status_code == 206


def test_another_file_in_its_place_is_not_the_film(page: Page) -> None:
    page.clip.write_bytes(b"<html>not a film</html>" * 99)
    assert page.local.get("/api/v1/films/1/media").status_code == 409
    page.clip.unlink()
    assert page.local.get("/api/v1/films/1/media").status_code == 503
    os.mkfifo(page.clip)
    assert page.local.get("/api/v1/films/1/media").status_code == 409


def test_a_file_that_was_only_touched_is_the_film(page: Page) -> None:
    os.utime(page.clip, (1, 1))
    assert page.local.get("/api/v1/films/1/media").status_code == 200


def test_a_picture_shows_what_is_there_at_that_time(page: Page) -> None:
    for at_us, strongest in ((500_000, 0), (1_500_000, 1), (2_500_000, 2)):
        answer = page.local.get(f"/api/v1/films/1/frame?at_us={at_us}&exact=1&width=160")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/jpeg"
        assert colour(answer.content).argmax() == strongest


def test_without_exact_it_is_the_keyframe_before(page: Page) -> None:
    # The encoder sets keyframes at cuts, and every twelve frames: none lies between 1.2 and 1.28 s.
    def taken(at_us: int, exact: int) -> bytes:
        answer = page.local.get(f"/api/v1/films/1/frame?at_us={at_us}&width=160&exact={exact}")
        return answer.content

    assert taken(1_200_000, 0) == taken(1_280_000, 0) != taken(1_280_000, 1)
    assert taken(1_200_000, 1) != taken(1_280_000, 1)
    assert colour(taken(900_000, 0)).argmax() == 0


def test_a_picture_is_kept_and_known_again(page: Page) -> None:
    path = "/api/v1/films/1/frame?at_us=0&width=160"
    first = page.local.get(path)
    assert "max-age" in first.headers["cache-control"]
    same = page.local.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert same.status_code == 304
    page.clip.unlink()
    assert page.local.get(path).content == first.content
    assert page.local.get("/api/v1/films/1/frame?at_us=1&width=160").status_code == 503


@pytest.mark.parametrize(
    ("asked", "status"),
    [("at_us=0&width=161", 422), ("at_us=4000000", 422), ("at_us=-1", 422), ("width=160", 422)],
)
def test_a_picture_that_cannot_be_is_refused(page: Page, asked: str, status: int) -> None:
    assert page.local.get(f"/api/v1/films/1/frame?{asked}").status_code == status


def test_too_many_waiting_are_asked_to_come_back(page: Page) -> None:
    release = threading.Event()
    with page.desk.store.reading() as db:
        film = films.read(db, 1)
    frames = page.desk.frames
    blocked = [frames._pool.submit(release.wait) for _ in range(2)]
    waiting: list[Future[bytes]] = []
    for n in range(MOST_WAITING):
        wanted = Wanted(film.identity.fingerprint, n, exact=False, width=160)
        waiting.append(frames.take(film, wanted))
    same = frames.take(film, Wanted(film.identity.fingerprint, 0, exact=False, width=160))
    assert same is waiting[0]
    answer = page.local.get("/api/v1/films/1/frame?at_us=999999&width=160")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    for one in waiting:
        one.cancel()
    release.set()
    assert all(one.result() for one in blocked)
    assert page.local.get("/api/v1/films/1/frame?at_us=999999&width=160").status_code == 200


def test_pictures_are_kept_within_a_limit_those_unseen_for_longest_go(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "frames", 1000)
    for n in range(9):
        kept.put(f"{n:02x}", b"x" * 100)
    assert kept.get("00") == b"x" * 100
    for n in range(9, 12):
        kept.put(f"{n:02x}", b"x" * 100)
    assert kept.bytes <= 1000
    assert kept.get("00") is not None
    assert kept.get("01") is None
    files = list((tmp_path / "frames").iterdir())
    assert sum(path.stat().st_size for path in files) == kept.bytes


def test_what_lies_there_is_taken_over_and_what_was_begun_thrown_away(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "frames", 10_000)
    for n in range(5):
        kept.put(f"{n:02x}", b"x" * 100)
        os.utime(tmp_path / "frames" / f"{n:02x}.jpg", (n, n))
    (tmp_path / "frames" / "tmpabc").write_bytes(b"half")
    again = Kept(tmp_path / "frames", 300)
    assert not (tmp_path / "frames" / "tmpabc").exists()
    assert again.bytes <= 300
    assert [again.get(f"{n:02x}") is not None for n in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    shutil.rmtree(tmp_path / "frames")
    assert again.get("04") is None


def test_a_key_that_is_a_path_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no picture's key"):
        Kept(tmp_path / "frames", 100).get("../secret")


def test_a_film_that_is_no_film_gives_no_picture(tmp_path: Path, bundle_path: Path) -> None:
    with serving(tmp_path, bundle_path) as page:
        # The file is what was indexed, by size and time, and cannot be decoded.
        facts = page.clip.stat()
        page.clip.write_bytes(b"x" * facts.st_size)
        os.utime(page.clip, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
        answer = page.local.get("/api/v1/films/1/frame?at_us=0&width=160")
        assert answer.status_code == 409
        render(page.clip, [Take(RED, 5)])
        assert page.local.get("/api/v1/films/1/frame?at_us=0&width=160").status_code == 409
