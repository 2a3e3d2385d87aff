"""A film's page in a browser: the player, the timeline, and what stands in for a player."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect
# The shots are a second each (page_library.PLAYED): Violence in the third, fifth and eighth.
NOW = "document.querySelector('video').currentTime"


def _film(site: "Site", visit: Visit, film_id: int, **options: object) -> "Page":
    page = visit(f"{site.address}/films/{film_id}?policy=house", **options)
    page.locator("#timeline canvas.under[height]").wait_for()
    return page


def test_the_film_plays_and_the_clock_goes_with_it(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.plays)
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
    assert page.evaluate("document.querySelector('video').videoWidth") == 96
    assert page.locator("#unplayable").is_hidden()
    expect(page.locator("#clock")).not_to_have_text("0:00.000")
    page.keyboard.press("Space")
    assert page.evaluate("document.querySelector('video').paused")


def test_keys_go_by_shots_and_by_flagged_spans(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.plays)
    clock = page.locator("#clock")
    for key, told in (
        ("j", "0:01.000"),
        ("j", "0:02.000"),
        ("k", "0:01.000"),
        ("End", "0:07.999"),
        ("Home", "0:00.000"),
        ("f", "0:02.000"),
        ("f", "0:04.000"),
        ("F", "0:02.000"),
        ("F", "0:07.000"),
        ("ArrowLeft", "0:06.000"),
        (".", "0:06.040"),
    ):
        page.keyboard.press(key)
        expect(clock).to_have_text(told)
    field = page.get_by_role("slider", name="Position in the film")
    told = field.get_attribute("aria-valuetext") or ""
    assert told == "0:06.0 of 0:08, shot 7 of 8: no tag"
    page.keyboard.press("j")
    assert "Violence 0.88" in (field.get_attribute("aria-valuetext") or "")


def test_a_click_seeks_and_the_pointer_shows_the_shot(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.plays)
    field = page.locator("#timeline .field")
    box = field.bounding_box()
    assert box
    field.hover(position={"x": box["width"] * 2.5 / 8, "y": 60})
    card = page.locator("#glance")
    expect(card).to_contain_text("Shot 3, 0:02.0 to 0:03.0")
    expect(card).to_contain_text("Violence 0.88")
    expect(card.locator(".frame")).to_have_class(re.compile("veiled"))
    expect(card.locator("img")).to_have_js_property("naturalWidth", 96)
    field.click(position={"x": box["width"] * 5.5 / 8, "y": 60})
    expect(page.locator("#clock")).to_have_text(re.compile(r"0:05\.[45]"))
    page.mouse.move(0, 0)
    expect(card).to_be_hidden()


def test_the_timeline_zooms_and_moves(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.plays)
    drawn = "document.querySelector('canvas.under').toDataURL()"
    whole = page.evaluate(drawn)
    page.keyboard.press("+")
    near = page.evaluate(drawn)
    page.keyboard.press(">")
    further = page.evaluate(drawn)
    assert len({whole, near, further}) == 3
    field = page.locator("#timeline .field")
    box = field.bounding_box()
    assert box
    field.click(position={"x": box["width"] / 2, "y": 60})
    expect(page.locator("#clock")).to_have_text(re.compile(r"0:04\.0|0:03\.9"))
    page.keyboard.press("0")
    page.keyboard.press("Home")
    page.mouse.move(0, 0)
    expect(page.locator("#glance")).to_be_hidden()
    assert page.evaluate(drawn) == whole


def test_a_film_that_the_browser_cannot_play_is_shown_by_frames(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.unplayable)
    expect(page.locator("#unplayable")).to_be_visible()
    assert "mpeg4" in page.locator("#unplayable").inner_text()
    still = page.locator("#still")
    expect(still).to_have_js_property("naturalWidth", 96)
    page.keyboard.press("j")
    expect(page.locator("#clock")).to_have_text("0:01.000")
    expect(still).to_have_attribute("src", re.compile("at_us=1000000&"))
    expect(still).to_have_js_property("complete", True)


def test_what_nobody_looked_at_is_not_told_as_nothing(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.unplayable)
    page.keyboard.press("j")
    page.keyboard.press("j")
    field = page.get_by_role("slider", name="Position in the film")
    assert (field.get_attribute("aria-valuetext") or "").endswith("shot 3 of 4: not looked at")


def test_a_film_says_what_is_known_without_any_script(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/films/{site.films.plays}?policy=house", java_script_enabled=False)
    assert page.locator("#spans li").count() == 3
    assert "needs review" in page.locator("#beside").inner_text()
    assert page.get_by_role("row", name="Violence").inner_text().split("\t")[1:4] == [
        "3.0 s",
        "37.5 %",
        "0.88",
    ]


def test_a_failed_film_has_a_page_that_says_why(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/films/{site.films.failed}")
    assert "no picture in it" in page.locator("main").inner_text()


BLUR = "e => getComputedStyle(e).filter"


def test_the_player_is_blurred_at_sensitive_shots_until_asked(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.plays)
    video, clock = page.locator("video"), page.locator("#clock")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    ask = page.get_by_role("button", name="Show the sensitive shots of this film")
    expect(video).to_have_css("filter", "none")
    expect(ask).to_be_hidden()
    page.keyboard.press("f")  # Violence, from 2 s to 3 s
    expect(ask).to_be_visible()
    expect(ask).to_contain_text("Violence")
    assert "blur" in video.evaluate(BLUR)
    for key, told, hidden in (("j", "0:03.000", True), ("j", "0:04.000", False)):
        page.keyboard.press(key)
        expect(clock).to_have_text(told)
        expect(ask).to_be_visible(visible=not hidden)
        assert ("blur" in video.evaluate(BLUR)) is not hidden
    page.evaluate("document.querySelector('#policy').focus()")
    page.keyboard.press("Tab")
    expect(ask).to_be_focused()
    page.keyboard.press("Space")
    expect(ask).to_be_hidden()
    expect(video).to_have_css("filter", "none")
    page.keyboard.press("F")  # and the others of the film too
    expect(clock).to_have_text("0:07.000")
    expect(video).to_have_css("filter", "none")
    page.keyboard.press("V")
    page.keyboard.press("V")
    assert "blur" in video.evaluate(BLUR)


def test_the_player_is_blurred_while_it_plays(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.plays)
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.evaluate(
        """() => {
          const video = document.querySelector("video");
          window.seen = [];
          const look = () => {
            window.seen.push([video.currentTime, getComputedStyle(video).filter !== "none"]);
            if (video.currentTime < 3.4) requestAnimationFrame(look);
            else video.pause();
          };
          video.currentTime = 1.4;
          video.addEventListener("seeked", () => video.play().then(look), { once: true });
        }"""
    )
    page.wait_for_function("() => window.seen.length && window.seen.at(-1)[0] >= 3.4")
    seen = page.evaluate("window.seen")
    assert {blurred for at, blurred in seen if at < 1.8 or at > 3.2} == {False}
    within = [blurred for at, blurred in seen if 2 <= at < 3]
    assert within
    assert all(within)


def test_a_frame_that_is_shown_large_is_blurred_too(site: "Site", visit: Visit) -> None:
    page = _film(site, visit, site.films.unplayable)
    still = page.locator("#still")
    expect(still).to_have_css("filter", "none")
    page.keyboard.press("End")
    ask = page.get_by_role("button", name="Show the sensitive shots of this film")
    expect(ask).to_be_visible()
    assert "blur" in still.evaluate(BLUR)
    page.keyboard.press("Home")
    expect(still).to_have_css("filter", "none")
    page.keyboard.press("End")
    ask.click()
    expect(still).to_have_css("filter", "none")


def test_a_film_whose_shots_never_arrive_stays_blurred(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/")
    page.route("**/timeline", lambda route: route.abort())
    page.goto(f"{site.address}/films/{site.films.plays}")
    page.locator("body[data-live]").wait_for()
    expect(page.locator("#said")).to_contain_text("cannot be reached")
    assert "blur" in page.locator("video").evaluate(BLUR)
    page.get_by_role("button", name="Show the sensitive shots of this film").click()
    expect(page.locator("video")).to_have_css("filter", "none")
