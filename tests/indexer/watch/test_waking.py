"""Events wake the scanner; where none can come, the reason is said."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filmdex.indexer.watch.changes import Pass
from filmdex.indexer.watch.waking import Waker

PATIENCE_S = 20


def seen(root: Path) -> Pass:
    return Pass({}, {os.fsencode(folder): 1 for folder, _, _ in os.walk(root)})


def hears(waker: Waker) -> bool:
    ends_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_s:
        if waker.woken():
            return True
    return False


@pytest.fixture
def waker(tmp_path: Path) -> Iterator[Waker]:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "film.mkv").touch()
    opened = Waker(os.fsencode(tmp_path), events=True)
    opened.refresh(seen(tmp_path))
    assert opened.how() == "events"
    assert opened.woken()  # what came before the first event may have been missed
    try:
        yield opened
    finally:
        opened.close()


def written(root: Path) -> None:
    (root / "deep" / "film.mkv").write_bytes(b"x")


def made(root: Path) -> None:
    (root / "deep" / "new.mkv").touch()


def moved(root: Path) -> None:
    (root / "deep" / "film.mkv").rename(root / "film.mkv")


def deleted(root: Path) -> None:
    (root / "deep" / "film.mkv").unlink()


@pytest.mark.parametrize("change", [written, made, moved, deleted])
def test_every_change_wakes(waker: Waker, tmp_path: Path, change: Callable[[Path], None]) -> None:
    while waker.woken():
        pass
    change(tmp_path)
    assert hears(waker)


def test_a_root_that_is_gone_is_not_listened_to_until_it_is_there(tmp_path: Path) -> None:
    root = tmp_path / "later"
    waker = Waker(os.fsencode(root), events=True)
    waker.refresh(Pass({}, {}))
    assert waker.how() == "polling because not looked at yet"
    root.mkdir()
    waker.refresh(seen(root))
    assert waker.how() == "events"
    waker.close()


def test_events_can_be_switched_off(tmp_path: Path) -> None:
    waker = Waker(os.fsencode(tmp_path), events=False)
    waker.refresh(seen(tmp_path))
    assert waker.how() == "polling because events are switched off"
    assert not waker.woken()


def test_more_folders_than_may_be_watched_are_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("filmdex.indexer.watch.waking.most_watches", lambda: 1)
    (tmp_path / "deep").mkdir()
    waker = Waker(os.fsencode(tmp_path), events=True)
    waker.refresh(seen(tmp_path))
    assert waker.how() == "polling because it has 2 folders, and max_user_watches is 1"


REFUSED = """
import os, sys
from filmdex.indexer.watch.changes import Pass
from filmdex.indexer.watch.waking import Waker
root = os.fsencode(sys.argv[1])
waker = Waker(root, events=True)
folders = {os.fsencode(folder): 1 for folder, _, _ in os.walk(root)}
counts = []
for _ in range(20):
    waker.refresh(Pass({}, folders))
    counts.append(len(os.listdir("/proc/self/fd")))
print(waker.how(), counts[-1] - counts[0])
"""


def test_a_root_past_the_limit_costs_no_descriptor_however_often_it_is_looked_at(
    tmp_path: Path,
) -> None:
    """In a year a daemon looks at each root a hundred thousand times."""
    for name in "abcde":
        (tmp_path / name).mkdir()
    limit = "echo 3 > /proc/sys/user/max_inotify_watches"
    unshare = ["unshare", "-Ur", "sh", "-c"]
    if subprocess.run([*unshare, limit], capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    told = subprocess.run(
        [*unshare, f'{limit} && exec "$0" -c "$1" "$2"', sys.executable, REFUSED, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "polling because the limit of inotify is reached 0\n"
