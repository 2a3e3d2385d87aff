"""Names of files, titles and notes are hostile text: on no page do they run or make an element."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import page_library
import pytest
from page_library import CLOSING, HOSTILE

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect


def _harmless(page: "Page") -> None:
    assert page.evaluate("window.owned") is None
    assert page.locator("img[onerror], [src=x], main script, dialog script").count() == 0
    assert page.locator("html").evaluate("e => e.outerHTML.includes('owned=1')")


def test_a_file_may_be_called_anything(site: "Site", visit: Visit) -> None:
    for place in (
        "/?query=violence",
        "/search?query=violence",
        f"/films/{site.films.hostile}?policy=house",
    ):
        page = visit(site.address + place)
        expect(page.locator("main")).to_contain_text(HOSTILE.partition("<script>")[0])
        _harmless(page)
        page.context.close()


def test_a_title_may_be_anything_on_every_page(own_site: "Site", visit: Visit) -> None:
    for film_id, title in (
        (own_site.films.plays, CLOSING + HOSTILE),
        (own_site.films.failed, HOSTILE),
    ):
        page_library.call(own_site.database, film_id, title)
    page = visit(f"{own_site.address}/review?policy=house")
    expect(page.locator(".claim .open")).to_have_text(CLOSING + HOSTILE)
    page.keyboard.press("n")
    page.keyboard.type(CLOSING + HOSTILE)
    page.get_by_role("dialog").get_by_role("button", name="Accept").click()
    expect(page.locator("#said-so-far td").last).to_have_text(CLOSING + HOSTILE)
    _harmless(page)
    for place in (
        f"/films/{own_site.films.plays}?policy=house",
        "/?policy=house",
        "/search?query=violence",
        "/status",
        "/audit",
    ):
        page.goto(own_site.address + place)
        page.locator("body[data-live]").wait_for()
        expect(page.locator("main")).to_contain_text("window.owned=1")
        _harmless(page)


def test_titles_that_scripts_write_are_text_too(own_site: "Site", visit: Visit) -> None:
    page_library.call(own_site.database, own_site.films.plays, CLOSING + HOSTILE)
    page = visit(f"{own_site.address}/policies/house")
    page.locator("#rule-1").evaluate(
        "e => { e.value = 0.9; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    button = page.locator(".changed button", has_text="owned=3")
    expect(button).to_have_text(CLOSING + HOSTILE)
    button.click()
    expect(page.locator("#outcome h3")).to_have_text(CLOSING + HOSTILE)
    _harmless(page)


@pytest.mark.parametrize("payload", [HOSTILE, CLOSING, "javascript:window.owned=4"])
def test_what_an_address_says_is_text(site: "Site", visit: Visit, payload: str) -> None:
    from urllib.parse import quote

    page = visit(site.address + "/status")
    for place in ("/?query=", "/search?query=", "/?order=", "/policies/", "/review?policy="):
        page.goto(site.address + place + quote(payload, safe=""))
        assert page.evaluate("window.owned") is None
        assert page.locator("main script, [onerror], a[href^='javascript']").count() == 0
