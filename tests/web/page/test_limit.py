"""A test in a browser ends, whatever the page's script does, and the next one has a browser."""

import os
import signal
from typing import TYPE_CHECKING

import pytest
from daemons import children, descendants
from page_limit import limited

if TYPE_CHECKING:
    from conftest import Chromium

api = pytest.importorskip("playwright.sync_api")
STANDARD_ERROR = 2  # captured here: what is said of the browser is not for whoever runs tests


def test_a_script_without_an_end_does_not_stop_the_run(
    chromium: "Chromium", capfd: pytest.CaptureFixture[str]
) -> None:
    page = chromium.browser().new_page()
    page.goto("data:text/html,<title>nothing</title>")
    endless = limited("the endless one", STANDARD_ERROR, 2.0)
    with endless as limit, pytest.raises(api.Error, match=r"closed|crashed"):
        page.evaluate("for (;;) {}")
    assert not limit.no_answer  # the script is to blame
    assert "the endless one took more than 2 s" in capfd.readouterr().err
    _another(chromium)


def test_a_browser_that_does_not_answer_is_told_from_a_script(
    chromium: "Chromium", capfd: pytest.CaptureFixture[str]
) -> None:
    page = chromium.browser().new_page()
    for pid in (one for child in children(os.getpid()) for one in descendants(child)):
        os.kill(pid, signal.SIGSTOP)
    with limited("the still one", STANDARD_ERROR, 2.0) as limit, pytest.raises(api.Error):
        page.evaluate("1 + 1")
    assert limit.no_answer
    assert "chromium T" in capfd.readouterr().err
    _another(chromium)


def _another(chromium: "Chromium") -> None:
    with limited("the next one", STANDARD_ERROR, 60.0):
        page = chromium.browser().new_page()
        page.goto("data:text/html,<title>again</title>")
        assert page.title() == "again"
        page.close()
