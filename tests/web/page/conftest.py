"""A library that is served, and a browser with a page that nothing may go wrong on."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import page_library
import pytest
from page_library import Shelf
from page_limit import NO_ANSWER, limited
from page_served import ARGUMENTS, CHROMIUM, PICTURES, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

# The page says so once its modules have run; only then it answers to keys.
LIVE = "body[data-live]"
WAIT_MS = 10_000
CLOSING_S = 30.0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser: a run of its own, for what hangs there must not hang the rest."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@dataclass(frozen=True)
class Site:
    """A page that is served, and the films in it."""

    address: str
    films: Shelf
    database: Path
    policies: Path


class Chromium:
    """Debian's Chromium; a new one once the one before was killed, for it hung."""

    def __init__(self, running: "Playwright") -> None:
        self._running = running
        self._opened: Browser | None = None

    def browser(self) -> "Browser":
        """Return a browser that answers."""
        if self._opened is None or not self._opened.is_connected():
            launch = self._running.chromium.launch
            self._opened = launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


@pytest.fixture(scope="session")
def chromium(terminal: int) -> Iterator[Chromium]:
    """What opens browsers; there is none without Debian's package."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (Debian's package chromium)")
    with playwright.sync_playwright() as running:
        opened = Chromium(running)
        yield opened
        with limited("closing the browser", terminal, CLOSING_S):
            opened.close()


@pytest.fixture
def browser(
    chromium: Chromium, terminal: int, request: pytest.FixtureRequest
) -> "Iterator[Browser]":
    """Debian's Chromium for as long as one test may take; the run ends if it no longer answers."""
    with limited(request.node.nodeid, terminal) as limit:
        yield chromium.browser()
    if limit.no_answer:
        pytest.exit(f"the browser did not answer in {request.node.nodeid}", NO_ANSWER)


@pytest.fixture(scope="session")
def keep(tmp_path_factory: pytest.TempPathFactory) -> "Callable[[Page, str], None]":
    """Return what keeps a picture of a page, in the folder that is named or in the tests' own."""
    named = os.environ.get(PICTURES)
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)

    def kept(page: "Page", name: str) -> None:
        page.screenshot(path=folder / f"{name}.png")

    return kept


def _site(folder: Path, more: int = 0) -> "Iterator[Site]":
    pytest.importorskip("fastapi", reason="the extra [web] is not installed")
    policies = folder / "policies"
    policies.mkdir(parents=True)
    (policies / "house.toml").write_text(page_library.POLICY, encoding="utf-8")
    films = page_library.fill(folder / "library.db", folder / "films", more)
    with serving(folder, folder / "library.db", policies) as address:
        yield Site(address, films, folder / "library.db", policies)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> "Iterator[Site]":  # noqa: ARG001
    """A library that tests only look at."""
    yield from _site(tmp_path_factory.mktemp("site"), more=90)


@pytest.fixture
def own_site(tmp_path: Path, chromium: Chromium) -> "Iterator[Site]":  # noqa: ARG001
    """A library for one test, which may change it."""
    yield from _site(tmp_path / "own")


@pytest.fixture
def visit(browser: "Browser") -> "Iterator[Callable[..., Page]]":
    """Return what opens an address and waits until it is live; no error may be told there."""
    wrong: list[str] = []
    contexts = []

    def opened(address: str, *, live: bool = True, **options: object) -> "Page":
        scripts = live and options.get("java_script_enabled", True)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda told: _console(wrong, told))
        page.goto(address)
        if scripts:
            page.locator(LIVE).wait_for(state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _console(wrong: list[str], told: object) -> None:
    text, kind = getattr(told, "text", ""), getattr(told, "type", "")
    # What a browser says of a film that it cannot play, and of a frame that no file is behind.
    if kind == "error" and "Failed to load resource" not in text:
        wrong.append(text)
