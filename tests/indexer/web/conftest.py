"""A page around a small library."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from page import Page, serving


@pytest.fixture
def page(tmp_path: Path, bundle_path: Path) -> Iterator[Page]:
    """A page on the loopback, for the user of this machine."""
    with serving(tmp_path, bundle_path) as opened:
        yield opened
