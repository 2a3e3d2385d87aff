"""Bytes go both ways, and whoever hangs up is noticed on the other side."""

import os
import queue
import socket
from collections.abc import Iterator

import pytest
from filmdex.indexer.cluster.relaying import Relay

PATIENCE_S = 30


class Far:
    """The far side: what it is told, and what it says."""

    def __init__(self) -> None:
        self.told: queue.Queue[bytes] = queue.Queue()
        self.says: queue.Queue[bytes | Exception] = queue.Queue()

    def hear(self) -> bytes:
        said = self.says.get(timeout=PATIENCE_S)
        if isinstance(said, Exception):
            raise said
        return said

    def say(self, data: bytes) -> None:
        self.told.put(data)


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def child(far: Far) -> Iterator[tuple[Relay, socket.socket]]:
    relay = Relay(far.hear, far.say)
    with socket.socket(fileno=os.dup(relay.fd)) as line:
        relay.handed_over()
        line.settimeout(PATIENCE_S)
        yield relay, line
    far.says.put(b"")


def test_bytes_go_both_ways(far: Far, child: tuple[Relay, socket.socket]) -> None:
    _, line = child
    line.sendall(b"make")
    assert far.told.get(timeout=PATIENCE_S) == b"make"
    far.says.put(b"made")
    assert line.recv(100) == b"made"


def test_a_helper_that_has_ended_has_hung_up(far: Far, child: tuple[Relay, socket.socket]) -> None:
    relay, line = child
    far.says.put(b"last")
    far.says.put(b"")
    assert line.recv(100) == b"last"
    assert line.recv(100) == b""
    assert relay.lost is None


def test_a_host_that_is_lost_is_told_from_a_helper_that_has_ended(
    far: Far, child: tuple[Relay, socket.socket]
) -> None:
    relay, line = child
    lost = RuntimeError("the host is gone")
    far.says.put(lost)
    assert line.recv(100) == b""
    assert relay.lost is lost
