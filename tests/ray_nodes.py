"""Several nodes of a Ray cluster on this machine, and what runs below each of them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from daemons import descendants

# No token is shared with a command that is run in another home.
ENVIRONMENT = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
STORE_BYTES = 80 * 2**20
DECODER, HELPER = "filmdex.indexer.child", "filmdex.indexer.leg_child"
LOOKING = "ray::LookingActor"


@dataclass
class Nodes:
    """A cluster whose head gives no processors, so that it can lose all others."""

    cluster: Any

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def add(self, cpus: int = 1, gpus: int = 0, **environment: str) -> Any:
        """Add a host; of its GPUs Ray only believes that they are there."""
        return self.cluster.add_node(
            num_cpus=cpus,
            num_gpus=gpus,
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            env_vars={**ENVIRONMENT, **environment},
        )

    def kill(self, node: Any) -> None:
        """As when its power fails: what works below it does nothing more from this moment on."""
        below_it = descendants(_raylet(node))
        for pid in below_it:
            _send(pid, signal.SIGSTOP)
        self.cluster.remove_node(node, allow_graceful=False)
        for pid in below_it:
            kill(pid)


@contextmanager
def nodes() -> Iterator[Nodes]:
    """Begin a cluster without hosts that work; it is gone at the end."""
    utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not here (filmdex[cluster])")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE_BYTES}
        cluster = utils.Cluster(initialize_head=True, head_node_args=head)
        try:
            yield Nodes(cluster)
        finally:
            cluster.shutdown()


def below(node: Any, words: str) -> list[int]:
    """Return the processes of a node whose command line has these words."""
    return [pid for pid in descendants(_raylet(node)) if words in _command(pid)]


def kill(pid: int) -> None:
    """End a process at once."""
    _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _raylet(node: Any) -> int:
    pid: int = node.all_processes["raylet"][0].process.pid
    return pid


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    return ""
