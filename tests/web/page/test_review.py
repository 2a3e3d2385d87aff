"""A whole review by keyboard: decided, noted, taken back; the audit tells of all of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect


def test_the_queue_is_worked_off_by_keyboard(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/review?policy=house")
    waiting, claim = page.locator("#waiting"), page.locator("#claim")
    expect(waiting).to_contain_text("1 of 5")
    assert claim.inner_text() == "Violence?"
    first = page.locator(".claim").get_attribute("data-start")
    said = page.locator("#said-so-far tbody tr")

    page.keyboard.press("a")
    expect(waiting).to_contain_text("1 of 4")
    expect(said.first).to_contain_text("accept")
    page.keyboard.press("r")
    expect(waiting).to_contain_text("1 of 3")
    expect(said.first).to_contain_text("reject")
    page.keyboard.press("u")
    expect(waiting).to_contain_text("1 of 4")
    expect(said).to_have_count(1)

    page.keyboard.press("n")
    page.keyboard.type("a toy gun")
    page.get_by_role("dialog").get_by_role("button", name="Reject").press("Enter")
    expect(waiting).to_contain_text("1 of 3")
    expect(said.first).to_contain_text("a toy gun")

    page.keyboard.press("j")
    expect(waiting).to_contain_text("2 of 3")
    page.keyboard.press("k")
    expect(waiting).to_contain_text("1 of 3")
    for left in ("1 of 2", "1 of 1"):
        page.keyboard.press("s")
        expect(waiting).to_contain_text(left)
    page.keyboard.press("s")
    expect(page.locator("#case")).to_contain_text("Nothing waits for a decision")
    page.keyboard.press("u")
    expect(waiting).to_contain_text("1 of 1")

    page.goto(f"{own_site.address}/audit?kind=review")
    rows = page.locator("#list tr").all_inner_texts()
    assert len(rows) == 8
    told = [row.split("\t")[-1] for row in rows]
    assert told[0].startswith("ada took back what ada: unsure, Violence")
    assert told[4].startswith("ada: reject, Violence")
    assert told[4].endswith(": a toy gun")
    assert told[5].startswith("ada took back what ada: reject")
    assert told[7].startswith("ada: accept, Violence")
    assert first == "4000000"  # the span whose probability is nearest to the threshold


def test_frames_show_what_came_before_and_after(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/review?policy=house")
    page.keyboard.press("V")
    shown = page.locator(".context figure")
    assert [part.locator(".at").all_inner_texts() for part in shown.all()] == [
        ["0:00.0", "0:03.0"],
        ["0:04.5"],
        ["0:06.0"],
    ]
    for picture in page.locator(".context img").all():
        expect(picture).to_have_js_property("naturalWidth", 96)


def test_a_span_is_decided_on_the_films_page_too(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/films/{own_site.films.plays}?policy=house")
    page.locator("#timeline canvas.under[height]").wait_for()
    spans = page.locator("#spans button")
    expect(spans).to_have_count(3)
    page.keyboard.press("f")
    expect(spans.nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("r")
    expect(spans).to_have_count(2)
    expect(page.locator("#reviews tbody tr")).to_contain_text("reject")
    page.keyboard.press("a")
    expect(page.locator("#reviews tbody tr")).to_have_count(2)
    expect(spans.first).to_contain_text("a reviewer said so")
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator("#reviews")).to_contain_text("Nobody has said anything")
    expect(spans).to_have_count(3)
