"""People with tokens: they log in, may do what their role may, and log out again."""

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from commands import FILMDEX

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect


def _token(site: "Site", name: str, role: str) -> str:
    told = subprocess.run(
        [FILMDEX, "persons", "add", name, "--role", role, "--database", site.database],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.split()[-1]


def _log_in(page: "Page", token: str) -> None:
    page.get_by_label("Your token").fill(token)
    page.get_by_role("button", name="Log in").click()


def test_a_reader_looks_and_does_not_decide(own_site: "Site", visit: Visit) -> None:
    token = _token(own_site, "Rhea", "reader")
    page = visit(f"{own_site.address}/", live=False)
    assert page.url.endswith("/login")
    _log_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("not known")
    _log_in(page, token)
    expect(page.locator(".who")).to_have_text("Rhea")
    page.goto(f"{own_site.address}/films/{own_site.films.plays}?policy=house")
    page.locator("#timeline canvas.under[height]").wait_for()
    page.keyboard.press("f")
    expect(page.locator("#clock")).to_have_text("0:02.000")
    for key in ("a", "e", "[", "Enter"):
        page.keyboard.press(key)
    assert page.locator("#edges").count() == 0
    for place in ("/review?policy=house", "/status", "/policies/house"):
        page.goto(own_site.address + place)
        page.locator("body[data-live]").wait_for()
        assert page.get_by_role("button", name="Accept").count() == 0
        assert page.get_by_role("button", name="Save").count() == 0
        assert page.get_by_role("button", name="Retry").count() == 0
    page.goto(f"{own_site.address}/audit")
    assert "Nothing is recorded yet" in page.locator("main").inner_text()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto(f"{own_site.address}/status")
    assert page.url.endswith("/login")


def test_a_reviewers_name_is_that_of_the_token(own_site: "Site", visit: Visit) -> None:
    token = _token(own_site, "Odile", "reviewer")
    page = visit(f"{own_site.address}/login", live=False)
    _log_in(page, token)
    expect(page.locator(".who")).to_have_text("Odile")
    page.goto(f"{own_site.address}/review?policy=house")
    page.locator("body[data-live]").wait_for()
    page.keyboard.press("a")
    expect(page.locator("#said-so-far tbody tr")).to_contain_text("Odile")
