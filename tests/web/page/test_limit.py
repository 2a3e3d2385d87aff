"""A test in a browser ends, whatever the page's script does, and the next one has a browser."""

from typing import TYPE_CHECKING

import pytest
from page_limit import limited

if TYPE_CHECKING:
    from conftest import Chromium

api = pytest.importorskip("playwright.sync_api")


@pytest.mark.usefixtures("capfd")  # what it says of the browser is not for whoever runs tests
def test_a_script_without_an_end_does_not_stop_the_run(chromium: "Chromium") -> None:
    page = chromium.browser().new_page()
    page.goto("data:text/html,<title>nothing</title>")
    with limited("the endless one", 1.0), pytest.raises(api.Error, match=r"closed|crashed"):
        page.evaluate("for (;;) {}")
    with limited("the next one", 60.0):
        page = chromium.browser().new_page()
        page.goto("data:text/html,<title>again</title>")
        assert page.title() == "again"
        page.close()
