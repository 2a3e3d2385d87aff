"""What all tests share: a bundle that can be worked out by hand, clips with known cuts, a store."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import write_bundle
from filmdex.db.address import Address
from filmdex.db.store import Store
from postgres_server import Cluster, programs, running

REPOSITORY = Path(__file__).parents[1]

# Commands are told to end by these signals. What starts tests in the background of a script has
# them ignored, and whoever ignores one hands that down.
for number, as_usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, as_usual)


TERMINAL = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep standard error itself for what has to be told at once; nothing is captured yet."""
    config.stash[TERMINAL] = os.dup(2)


@pytest.fixture(scope="session")
def terminal(pytestconfig: pytest.Config) -> int:
    """A descriptor for what has to be told even if the run then ends."""
    return pytestconfig.stash[TERMINAL]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real films and labels, which is no part of the repository."""
    folder = Path(os.environ.get("FILMDEX_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the shared films are not here (FILMDEX_SHARED names their folder)")
    return folder


@pytest.fixture(scope="session")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the bundle that sees colours (bundles.py)."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "colours")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL itself, with nothing in it."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    with running() as started:
        yield started


@pytest.fixture
def dialect() -> str:
    """What keeps the library; tests that hold for both databases take this from `dialects`."""
    return "sqlite"


@pytest.fixture
def address(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    """Where a new library is kept."""
    if dialect == "sqlite":
        yield tmp_path / "library.db"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    made = cluster.new()
    yield made
    cluster.drop(made)


@pytest.fixture
def store(address: Address) -> Iterator[Store]:
    """A new, empty library."""
    with Store.open(address) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_logged_as_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    errors = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not errors, errors


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("FILMDEX_")]:
        if name != "FILMDEX_SHARED":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg-config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg-data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg-cache"))
