"""What is said to systemd, as it would hear it."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest
from filmdex.indexer.watch.notify import notify, watchdog_us


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filmdex.indexer.watch.notify.PATIENCE_S", 0.01)


@pytest.mark.parametrize("abstract", [False, True])
def test_lines_arrive_in_one_datagram(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    name = f"filmdex-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as line:
        line.bind("\0" + name if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if abstract else name)
        assert notify("READY=1", "STATUS=here")
        assert line.recv(100) == b"READY=1\nSTATUS=here"


def test_without_systemd_nobody_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


def test_a_systemd_that_is_gone_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify("READY=1")


def test_a_systemd_that_hangs_hangs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as line:
        line.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        heard = [notify("WATCHDOG=1") for _ in range(30)]
    assert heard[0]
    assert not heard[-1]


@pytest.mark.parametrize(("value", "asked"), [("180000000", 180_000_000), ("", None), ("x", None)])
def test_how_often_systemd_wants_to_hear(
    monkeypatch: pytest.MonkeyPatch, value: str, asked: int | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", value)
    assert watchdog_us() == asked
