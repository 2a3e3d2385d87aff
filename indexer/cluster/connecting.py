"""Joining a Ray cluster for a while, or having one on this machine. One of the files with Ray."""

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from ...db.errors import ClusterError

ADDRESS_VARIABLE = "RAY_ADDRESS"
# Pictures on their way, on this machine alone; a cluster has its own.
OBJECT_BYTES = 256 * 2**20
# A head that cannot be reached is found out within these times; Ray itself takes two minutes, and
# then ends the process.
REACH_S, HEALTH_S = 5.0, 10.0


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be part of the cluster at HOST:PORT, or the one on this machine (`auto`).

    Without an address, and without RAY_ADDRESS, begin one on this machine and end it afterwards.
    Raises ClusterError naming the address.
    """
    # Read where Ray's own processes begin: nothing is told to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = address or os.environ.get(ADDRESS_VARIABLE)
    if address not in (None, "auto", "local"):
        _reach(address)
    try:
        _join(address)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ClusterError(
            f"Ray at {address or 'this machine'}: {' '.join(lines)[:400]}"
        ) from error
    # Ray's own handler prints a stack of C++ and aborts; what is stored is kept in any case.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        ray.shutdown()


def _join(address: str | None) -> None:
    if address in (None, "local"):
        ray.init(
            address="local",
            include_dashboard=False,
            object_store_memory=OBJECT_BYTES,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    else:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)


def _reach(address: str) -> None:
    """Raise ClusterError unless a cluster's head answers there."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise ClusterError(
            f"--address {address}: not HOST:PORT; name the head's, as in 192.0.2.1:6379, or auto"
        )
    try:
        socket.create_connection((host, int(port)), REACH_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"no Ray cluster at {address}: {error}; is the head up (`ray start --head`), and its "
            "port open from here?"
        ) from error
    check = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        done = subprocess.run(check, capture_output=True, timeout=HEALTH_S, check=False)  # noqa: S603
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    except subprocess.TimeoutExpired:
        done, words = None, [f"it says nothing within {HEALTH_S:.0f} s"]
    if done is None or done.returncode:
        raise ClusterError(
            f"what answers at {address} is no Ray cluster that lets us in "
            f"({words[-1] if words else 'no reason given'}); does this machine have the cluster's "
            "version of Ray and its token?"
        )
