"""Shots that look alike, through the API: like a shot, and like a picture that is sent."""

import io
from pathlib import Path

import pytest
from clips import BLUE, RED
from filling import FACTS, SECOND, SETTINGS
from filmdex.db import films, models, runs
from filmdex.db.records import (
    Boundary,
    FilmIdentity,
    Location,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
)
from filmdex.indexer import bundle
from filmdex.indexer.picturing import look_at_picture
from page import Page, browser
from PIL import Image


def picture(rgb: tuple[int, int, int], kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), rgb).save(file, kind)
    return file.getvalue()


@pytest.fixture
def seen(page: Page, bundle_path: Path, tmp_path: Path) -> Page:
    """A page with a further film, of a red and a blue shot, that the bundle in use has seen."""
    loaded = bundle.load(bundle_path)
    shots = []
    for n, rgb in enumerate((RED, BLUE)):
        (tmp_path / "seen.png").write_bytes(picture(rgb))
        vector = look_at_picture(tmp_path / "seen.png", loaded, page.desk.settings.model)
        span = Span(n * SECOND, (n + 1) * SECOND)
        looks = (Sample(span.start_us, ShotState.LOOKED_AT),)
        probabilities = (0.25,) * len(loaded.facts.tags)
        begins = Boundary(span.start_us, span.start_us)
        shot = Shot(span, begins, ShotState.LOOKED_AT, looks, probabilities)
        shots.append(SeenShot(shot, (vector,)))
    with page.desk.store.writing() as db:
        seen_at = Location(b"/films/Colours.mkv", 7, 1)
        film_id = films.record(db, FilmIdentity("c" * 64, 7), seen_at, 5, lambda _: False)
        model_id = models.register(db, loaded.facts)
        run_id = runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0", FACTS, 1)
        runs.append(db, run_id, 0, shots)
        runs.finish(db, run_id, FACTS, [], 2)
    return page


def test_shots_like_a_shot(page: Page) -> None:
    found = page.get("/shots/similar", film=1, at_us=500_000, limit=4)["items"]
    assert len(found) == 4
    assert (1, 1) not in [(one["film_id"], one["shot"]) for one in found]
    others = page.get("/shots/similar", film=1, at_us=500_000, other_films=True)["items"]
    assert {one["film_id"] for one in others} == {2, 3}
    asked = {"film": 99, "at_us": 0}
    assert page.local.get("/api/v1/shots/similar", params=asked).status_code == 404


def test_shots_like_a_picture(seen: Page) -> None:
    for rgb, shot in ((RED, 1), (BLUE, 2)):
        files = {"picture": ("../../name.png", picture(rgb))}
        answer = seen.local.post("/api/v1/shots/similar", files=files)
        assert answer.status_code == 200, answer.text
        first = answer.json()["items"][0]
        assert (first["title"], first["shot"]) == ("Colours", shot)
        assert first["similarity"] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("data", [b"", b"no picture", picture(RED)[:60], b"\x89PNG\r\n\x1a\n" * 99])
def test_what_is_no_picture_is_refused_without_saying_where_it_lay(seen: Page, data: bytes) -> None:
    answer = seen.local.post("/api/v1/shots/similar", files={"picture": ("x.png", data)})
    assert answer.status_code == 422, answer.text
    assert "/" not in answer.json()["detail"]


def test_a_picture_that_no_model_here_can_compare_is_said_so(page: Page) -> None:
    answer = page.local.post("/api/v1/shots/similar", files={"picture": ("x", picture(RED))})
    assert answer.status_code == 409


def test_sending_a_picture_wants_the_csrf_token_too(seen: Page) -> None:
    files = {"picture": ("x.png", picture(RED))}
    assert browser(seen.desk).post("/api/v1/shots/similar", files=files).status_code == 403
