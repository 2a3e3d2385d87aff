"""A picture that is sent from the search page finds the shots that look like it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clips import BLUE, GREEN, RED, Take, render
from commands import FILMDEX
from page_served import serving
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect
COLOURS = (RED, GREEN, BLUE)


@pytest.fixture
def address(tmp_path: Path, bundle_path: Path, browser: "Browser") -> Iterator[str]:  # noqa: ARG001
    """The page of a library with one film, which the bundle that sees colours has seen."""
    pytest.importorskip("fastapi", reason="the extra [web] is not installed")
    (tmp_path / "policies").mkdir()
    database, model = tmp_path / "library.db", {"FILMDEX_MODEL__BUNDLE": str(bundle_path)}
    film = render(tmp_path / "Colours.mp4", [Take(rgb, 50) for rgb in COLOURS], codec="libx264")
    index = [FILMDEX, "index", film, "--database", database, "--model", bundle_path]
    subprocess.run(index, check=True, capture_output=True, env={"HOME": str(tmp_path)})
    with serving(tmp_path, database, tmp_path / "policies", model) as served:
        yield served


@pytest.mark.parametrize(("kind", "rgb", "at"), [("png", BLUE, "0:04"), ("jpg", GREEN, "0:02")])
def test_a_picture_finds_what_looks_like_it(
    address: str, visit: Visit, tmp_path: Path, kind: str, rgb: tuple[int, int, int], at: str
) -> None:
    picture = tmp_path / f"wanted.{kind}"
    Image.new("RGB", (64, 48), rgb).save(picture)
    page = visit(f"{address}/search")
    page.locator("#picture").set_input_files(picture)
    expect(page.get_by_role("heading", name="Shots like your picture")).to_be_visible()
    hits = page.locator(".hit")
    expect(hits).to_have_count(len(COLOURS))
    expect(hits.first.locator(".at")).to_have_text(at)
    expect(page.locator("#said")).to_have_text("3 shots, the most alike first")
    told = hits.locator(".tag").all_inner_texts()
    assert told[0] in ("alike >0.99", "alike 1.00")
    assert all(one.startswith(("alike 0.", "alike -0.")) for one in told[1:])
    hits.first.locator("h2 a").click()
    page.wait_for_url("**/films/1?at_us=*")
