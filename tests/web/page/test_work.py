"""Policies that are tried and saved, and the status with its retry."""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site
    from playwright.sync_api import Page


Visit = Callable[..., "Page"]
expect = pytest.importorskip("playwright.sync_api").expect


def _move(page: "Page", slider: str, value: str) -> None:
    page.locator(slider).evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input', {bubbles: true})); }",
        value,
    )


def test_another_threshold_shows_what_would_change(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/policies/house")
    _move(page, "#rule-1", "0.9")
    expect(page.locator("#changes")).to_have_text("2 of 4 films would change")
    assert "threshold = 0.9" in page.locator("#text").inner_text()
    page.locator(".changed").get_by_role("button", name="Plays").click()
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("Now: 3 spans, needs review")
    expect(outcome).to_contain_text("Then: 0 spans, allowed")
    _move(page, "#rule-2", "0.2")
    expect(outcome).to_contain_text("Then: 1 span, allowed with cuts")
    page.get_by_role("button", name="As it is").click()
    expect(outcome).to_contain_text("nothing would change")
    assert "threshold = 0.9" in page.locator("#text").inner_text()  # that of the second rule
    assert (
        own_site.policies.joinpath("house.toml").read_text() == page.locator("#text").inner_text()
    )


def test_a_policy_is_saved_as_toml(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/policies/house")
    _move(page, "#rule-1", "0.8")
    expect(page.locator("#changes")).to_contain_text("films would change")
    page.get_by_label("Save as").fill("stricter")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/policies/stricter")
    saved = own_site.policies.joinpath("stricter.toml").read_text(encoding="utf-8")
    assert "threshold = 0.8" in saved
    assert saved.startswith('name = "house"\ndescription')
    page.goto(f"{own_site.address}/policies")
    assert "stricter" in page.locator("main").inner_text()
    page.goto(f"{own_site.address}/audit?kind=policy")
    assert "house" in page.locator("#list").inner_text()


def test_a_failed_film_is_tried_again(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/status")
    row = page.locator("tr", has_text="Broken")
    assert "no picture in it" in row.inner_text()
    row.get_by_role("button").click()
    expect(row).to_contain_text("queued")
    expect(row.get_by_role("button")).to_have_count(0)


def test_the_status_is_kept_fresh(own_site: "Site", visit: Visit) -> None:
    page = visit(f"{own_site.address}/status")
    expect(page.locator("#link")).to_have_text("live")
    with sqlite3.connect(own_site.database) as db:
        db.execute("INSERT INTO pause (id, since_us) VALUES (1, 1000000)")
    expect(page.locator("#live")).to_contain_text("paused since 1970-01-01", timeout=15_000)
