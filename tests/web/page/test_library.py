"""The library and the search in a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect


def test_the_first_films_are_there_without_any_script(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/?order=title", java_script_enabled=False)
    assert page.locator(".film-row").count() == 40
    assert page.locator("#count").inner_text() == "94"
    page.get_by_role("link", name="More films").click()
    page.wait_for_url("**cursor=*")
    expect(page.locator(".film-row")).to_have_count(40)


def test_the_list_goes_on_as_it_is_scrolled(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/?order=title")
    titles = page.locator(".film-row h2")
    for count in (80, 94):
        page.locator(".film-row").last.scroll_into_view_if_needed()
        expect(page.locator(".film-row")).to_have_count(count)
    shown = titles.all_text_contents()
    assert len(set(shown)) == 94
    assert page.locator("a[rel=next]").count() == 0


def test_the_list_follows_what_is_typed(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/")
    page.keyboard.press("/")
    page.keyboard.type("violence")
    expect(page.locator(".film-row")).to_have_count(3)
    assert page.locator("#count").inner_text() == "3"
    assert page.url.endswith("query=violence&order=&policy=")
    page.locator("#query").fill("violence -animation")
    expect(page.locator(".film-row")).to_have_count(2)
    page.locator("#query").fill("prisn")
    page.locator("#mistake").wait_for()
    assert "unknown tag" in page.locator("#mistake").inner_text()
    assert page.locator("#query").get_attribute("aria-invalid") == "true"


def test_tags_are_completed_by_keys(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/")
    page.keyboard.press("/")
    page.keyboard.type("-anim")
    page.locator("#options li").first.wait_for()
    assert page.locator("#query").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#options li[aria-selected=true]")
    assert chosen.get_attribute("id") == page.locator("#query").get_attribute(
        "aria-activedescendant"
    )
    page.keyboard.press("Enter")
    assert page.locator("#query").input_value() == "-Animation"
    assert page.locator("#options").is_hidden()


def test_keys_go_through_the_films_and_open_one(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/?query=forest&order=duration+desc&policy=house")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == "Plays"
    assert page.locator(".film-row", has_text="Plays").locator(".word").inner_text() == (
        "needs review"
    )
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/films/{site.films.plays}?policy=house")


def test_a_failed_film_says_why(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/?order=title")
    row = page.locator(".film-row", has_text="Broken")
    assert "no picture in it" in row.inner_text()
    assert "failed" in row.inner_text()


def test_sensitive_pictures_are_blurred_until_asked_for(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/search?query=violence")
    page.locator(".hit").first.wait_for()
    veiled = page.locator(".hit .frame.veiled")
    assert veiled.count() == page.locator(".hit").count() > 2
    blur = "e => getComputedStyle(e).filter"
    assert "blur" in veiled.first.locator("img").evaluate(blur)
    veiled.first.get_by_role("button").click()
    assert page.locator(".hit .frame").first.locator("img").evaluate(blur) == "none"
    assert "blur" in page.locator(".hit .frame").nth(1).locator("img").evaluate(blur)
    page.keyboard.press("V")
    assert page.locator(".hit .frame").nth(1).locator("img").evaluate(blur) == "none"
    page.reload()
    page.locator("html[data-unveiled]").wait_for()
    page.keyboard.press("V")
    assert "blur" in page.locator(".hit .frame").nth(1).locator("img").evaluate(blur)


def test_what_is_calm_is_not_blurred(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/search?query=forest")
    assert page.locator(".hit").count() > 2
    assert page.locator(".hit .frame.veiled").count() == 0


def test_a_shot_says_where_it_is_and_why(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/search?query=violence%3E%3D0.8+title%3Aplays")
    hits = page.locator(".hit")
    assert [hit.locator(".at").inner_text() for hit in hits.all()] == ["0:02", "0:07"]
    assert "Violence>=0.8 0.88" in hits.first.inner_text()
    hits.first.locator("h2 a").click()
    page.wait_for_url("**at_us=2000000*")


def test_light_and_dark_are_kept(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/", color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.keyboard.press("D")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    page.locator("body[data-live]").wait_for()
    assert page.evaluate(ground) == dark


def test_the_keys_of_a_page_are_listed(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert "Write a query" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    page.keyboard.press("5")
    page.wait_for_url("**/status")


def test_shots_that_look_alike_are_found_by_a_click(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/search?query=violence%3E0.8+title%3Aplays")
    page.get_by_role("link", name="Shots like this one, Plays at 0:02").click()
    heading = page.get_by_role("heading", name="Shots like the one at 0:02 of Plays")
    expect(heading).to_be_visible()
    hits = page.locator(".hit")
    # Blue is every third second of each film.
    assert page.locator(".asked .at").inner_text() == "0:02"
    told = hits.locator(".tags").all_inner_texts()
    assert told[:3] == ["alike 1.00", "alike 1.00", "alike 0.00"]
    assert {hit.locator(".at").inner_text() for hit in hits.all()[:2]} == {"0:02", "0:05"}


def test_where_nothing_was_seen_nothing_is_like_it(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/")
    for at_us in (2_500_000, 99_000_000):  # not looked at; after the end
        answer = page.goto(
            f"{own_site.address}/search?like={own_site.films.unplayable}&at_us={at_us}"
        )
        assert answer is not None
        assert answer.status == 404


def test_what_is_nearly_found_is_one_click_away(site: "Site", visit: Visit) -> None:
    page = visit(f"{site.address}/search?query=violence%3E0.9")
    expect(page.locator("#results")).to_contain_text("No shot matches")
    near = page.locator(".near a")
    assert "Violence" in near.inner_text()
    near.click()
    expect(page.locator(".hit")).not_to_have_count(0)


def test_a_picture_is_looked_for_or_refused_in_words(
    site: "Site", visit: Visit, tmp_path: Path
) -> None:
    page = visit(f"{site.address}/search")
    none = tmp_path / "none.jpg"
    none.write_bytes(b"no picture")
    page.locator("#picture").set_input_files(none)
    # The library's model is made up: whatever is sent, there is nothing to look at it with.
    expect(page.locator("#said")).to_contain_text("model")
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(11 * 2**20)
    page.locator("#picture").set_input_files(large)
    expect(page.locator("#said")).to_contain_text("larger than 10 MB")
