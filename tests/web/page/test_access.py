"""Every page for everybody: axe finds nothing serious in either scheme; pictures are kept."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
Keep = Callable[["Page", str], None]
expect = pytest.importorskip("playwright.sync_api").expect
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

PLACES = {
    "library": "/?policy=house&order=title",
    "library-empty": "/?query=animation+-animation",
    "library-mistake": "/?query=prisn",
    "search": "/search?query=violence",
    "search-new": "/search",
    "film": "/films/1?policy=house",
    "film-frames": "/films/2?policy=house",
    "film-failed": "/films/4",
    "review": "/review?policy=house",
    "review-which": "/review",
    "policies": "/policies",
    "policy": "/policies/house",
    "status": "/status",
    "audit": "/audit",
    "unknown": "/films/999",
}
GRAVE = ("serious", "critical")


def _found(page: "Page") -> list[str]:
    answer = axe.Axe().run(page).response
    return [
        f"{one['id']} ({one['impact']}): {json.dumps([n['html'][:160] for n in one['nodes']][:4])}"
        for one in answer["violations"]
        if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out(site: "Site", visit: Visit, keep: Keep, scheme: str) -> None:
    page = visit(f"{site.address}/", color_scheme=scheme)
    found = {}
    for name, place in PLACES.items():
        page.goto(site.address + place)
        page.locator("h1, h2").first.wait_for(state="attached")
        keep(page, f"{name}-{scheme}")
        found[name] = _found(page)
    page.keyboard.press("?")
    assert {name: some for name, some in found.items() if some} == {}


def test_the_login_form_shuts_nobody_out(site: "Site", visit: Visit, keep: Keep) -> None:
    page = visit(f"{site.address}/")
    page.goto(f"{site.address}/login")
    keep(page, "login")
    assert _found(page) == []


def test_dialogs_and_completions_shut_nobody_out(site: "Site", visit: Visit, keep: Keep) -> None:
    page = visit(f"{site.address}/review?policy=house")
    page.keyboard.press("?")
    keep(page, "keys")
    assert _found(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert _found(page) == []
    page.keyboard.press("Escape")
    for name, place in (("adjusting", "/review"), ("adjusting-film", "/films/1")):
        page.goto(f"{site.address}{place}?policy=house")
        page.locator("body[data-live]").wait_for()
        page.keyboard.press("e")
        page.keyboard.press(".")
        page.locator("#edges img[src]").first.wait_for(state="attached")
        keep(page, name)
        assert _found(page) == []
    page.goto(f"{site.address}/")
    page.locator("body[data-live]").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("a")
    page.locator("#options li").first.wait_for()
    page.keyboard.press("ArrowDown")
    keep(page, "completions")
    assert _found(page) == []


@pytest.mark.parametrize("width", [360, 768])
def test_no_page_is_wider_than_a_small_screen(
    site: "Site", visit: Visit, keep: Keep, width: int
) -> None:
    page = visit(f"{site.address}/")
    page.set_viewport_size({"width": width, "height": 800})
    wide = []
    for name, place in PLACES.items():
        page.goto(site.address + place)
        keep(page, f"{name}-{width}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
    assert wide == []
