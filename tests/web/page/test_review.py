"""A whole review by keyboard: decided, noted, taken back; the audit tells of all of it."""

import re
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


def test_a_film_is_opened_at_the_span_that_was_asked_about(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/review?policy=house")
    page.keyboard.press("Enter")
    page.wait_for_url("**at_us=4000000*tag=Violence")
    page.locator("#timeline canvas.under[height]").wait_for()
    chosen = page.locator("#spans button[aria-current]")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_attribute("data-start", "4000000")
    page.keyboard.press("a")
    expect(page.locator("#reviews tbody tr")).to_contain_text("0:04.0 to 0:05.0")


def test_edges_are_moved_by_keyboard_and_that_is_taken_back(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/review?policy=house")
    waiting, panel = page.locator("#waiting"), page.locator("#edges")
    start = panel.get_by_role("slider", name="Start of the span")
    end = panel.get_by_role("slider", name="End of the span")
    expect(panel).to_be_hidden()

    page.keyboard.press("e")  # the span from 4 s to 5 s
    expect(start).to_be_focused()
    for key, told in (
        (".", "0:04.040 +0.040 s"),
        (",", "0:04.000 as it was"),
        ("ArrowLeft", "0:03.000 −1.000 s"),
        (".", "0:03.040 −0.960 s"),
        ("Shift+ArrowLeft", "0:00.000 −4.000 s"),
        ("ArrowRight", "0:01.000 −3.000 s"),
        ("Shift+ArrowRight", "0:04.960 +0.960 s"),  # never over the other edge
        ("ArrowLeft", "0:03.960 −0.040 s"),
    ):
        page.keyboard.press(key)
        expect(start).to_have_attribute("aria-valuetext", told)
    page.keyboard.press("e")
    expect(end).to_be_focused()
    for key, told in (
        (",", "0:04.960 −0.040 s"),
        ("Shift+ArrowRight", "0:08.000 +3.000 s"),  # nor out of the film
        ("ArrowLeft", "0:07.000 +2.000 s"),
        ("ArrowLeft", "0:06.000 +1.000 s"),
    ):
        page.keyboard.press(key)
        expect(end).to_have_attribute("aria-valuetext", told)
    pictures = panel.locator("img")
    expect(pictures.nth(0)).to_have_attribute("src", re.compile("at_us=3980000&"))
    expect(pictures.nth(1)).to_have_attribute("src", re.compile("at_us=5980000&"))
    expect(pictures.nth(1)).to_have_js_property("naturalWidth", 96)
    page.keyboard.press("Enter")

    expect(waiting).to_contain_text("1 of 4")
    expect(panel).to_be_hidden()
    said = page.locator("#said-so-far tbody tr")
    expect(said).to_contain_text("adjust")
    expect(said.get_by_role("link", name="Plays")).to_be_visible()
    expect(said).to_contain_text("0:03.960 to 0:06.000")
    expect(said).to_contain_text("was 0:04.000 to 0:05.000")
    [kept] = page.request.get(f"{own_site.address}/api/v1/films/1/reviews").json()
    assert (kept["start_us"], kept["end_us"]) == (4_000_000, 5_000_000)
    assert (kept["ruled_start_us"], kept["ruled_end_us"]) == (3_960_000, 6_000_000)

    page.keyboard.press("u")
    expect(waiting).to_contain_text("1 of 5")
    page.goto(f"{own_site.address}/audit?kind=review")
    told = [row.split("\t")[-1] for row in page.locator("#list tr").all_inner_texts()]
    assert page.locator("#list tr").first.inner_text().split("\t")[3] == "Plays"
    adjusted = "ada: adjust, Violence, 0:04.0 to 0:05.0 is 0:03.960 to 0:06.000"
    assert told == [f"ada took back what {adjusted}", adjusted]


def test_edges_that_were_left_or_never_moved_are_not_kept(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/review?policy=house")
    panel = page.locator("#edges")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("No edge was moved")
    panel.get_by_role("button", name="End a frame earlier").click()
    expect(panel.locator("#edges-length")).to_have_text("0.960 s, was 1.000 s")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".context")).to_be_visible()
    page.keyboard.press("e")
    slider = panel.get_by_role("slider", name="End of the span")
    expect(slider).to_have_attribute("aria-valuetext", "0:05.000 as it was")
    page.keyboard.press(".")
    page.keyboard.press("n")
    page.keyboard.type("begins with the blow")
    page.get_by_role("dialog").get_by_role("button", name="Keep these edges").press("Enter")
    expect(page.locator("#said-so-far tbody tr")).to_contain_text("begins with the blow")
    expect(page.locator("#waiting")).to_contain_text("1 of 4")


def test_edges_are_set_at_the_frame_on_show(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/films/{own_site.films.plays}?policy=house")
    page.locator("#timeline canvas.under[height]").wait_for()
    spans, clock = page.locator("#spans button"), page.locator("#clock")
    expect(spans).to_have_count(3)
    drawn = "document.querySelector('canvas.under').toDataURL()"
    page.keyboard.press("f")  # the span from 2 s to 3 s
    expect(clock).to_have_text("0:02.000")
    page.keyboard.press(".")
    page.keyboard.press(".")
    expect(clock).to_have_text("0:02.080")
    before = page.evaluate(drawn)
    page.keyboard.press("[")
    assert page.evaluate(drawn) != before
    start = page.get_by_role("slider", name="Start of the span")
    expect(start).to_have_attribute("aria-valuetext", "0:02.080 +0.080 s")
    expect(start).to_be_focused()
    page.keyboard.press("e")  # to the end, whose frame is shown
    expect(clock).to_have_text("0:02.960")
    page.keyboard.press("Home")
    page.keyboard.press("]")
    expect(page.locator("#said")).to_contain_text("starts before it ends")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")  # the frame at 3 s is the last
    page.keyboard.press("]")
    end = page.get_by_role("slider", name="End of the span")
    expect(end).to_have_attribute("aria-valuetext", "0:03.040 +0.040 s")
    page.keyboard.press("Enter")
    expect(spans.first).to_contain_text("a reviewer said so")
    expect(spans.first).to_have_attribute("data-start", "2080000")
    expect(spans.first).to_have_attribute("data-end", "3040000")
    expect(page.locator("#reviews tbody tr")).to_contain_text("0:02.080 to 0:03.040")
    page.keyboard.press("u")
    expect(spans.first).to_have_attribute("data-start", "2000000")
    expect(page.locator("#reviews")).to_contain_text("Nobody has said anything")
