"""The driver's database goes away while hosts are at work: each film is stored once, and whole."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from clips import Take, render
from commands import at_home
from daemons import STORED, environment, wait_until
from filling import rows
from filmdex.db import shelving
from filmdex.db.address import Address
from filmdex.db.store import Store
from postgres_server import Cluster
from ray_nodes import ENVIRONMENT, nodes

pytest.importorskip("ray", reason="Ray is not here (filmdex[cluster])")

FILMDEX = Path(sys.executable).with_name("filmdex")
PATIENCE_S = 180
LONG = [Take(((220, 30, 30), (30, 220, 30), (30, 30, 220))[n % 3], 35 + n % 7) for n in range(150)]


def stored(at: Address) -> dict[str, list[Any]]:
    with Store.open(at) as store:
        with store.reading() as db:
            assert list(shelving.faults(db)) == []
        # In words that both know; the blocks of embeddings end where stretches did.
        asked = {name: query for name, query in STORED.items() if name != "embeddings"}
        found = {name: rows(store, query) for name, query in asked.items()}
        blocks = rows(store, "SELECT owners, vectors FROM embedding_block ORDER BY run_id, first")
        vectors = b"".join(bytes(vectors) for _, vectors in blocks)
        return {**found, "embeddings": [sum(len(owners) for owners, _ in blocks), vectors]}


@pytest.mark.long
def test_a_driver_that_loses_its_connections_goes_on(
    cluster: Cluster, tmp_path: Path, bundle_path: Path
) -> None:
    film = render(tmp_path / "long.mkv", LONG)
    at = cluster.new()
    name = at.url.partition("@/")[2].partition("?")[0]
    env = environment(tmp_path, bundle_path, DATABASE__PATH=at.url) | ENVIRONMENT
    with nodes() as hosts:
        hosts.add()
        on = ("--engine", "ray", "--address", hosts.address)
        command = [FILMDEX, "index", film, *on]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            with Store.open(at) as store:
                wait_until(lambda: rows(store, "SELECT count(*) FROM shot")[0][0] > 0, process)
            cluster.ask(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            assert cluster.ask(end, name)
            cluster.ask(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            _, said = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 0, said
    alone = at_home(tmp_path, FILMDEX_MODEL__BUNDLE=str(bundle_path))
    assert alone("index", film, "--database", tmp_path / "alone.db").code == 0
    assert stored(at) == stored(tmp_path / "alone.db")
    with Store.open(at) as store:
        assert rows(store, "SELECT state, count(*) FROM index_run GROUP BY state") == [
            ("complete", 1)
        ]
    cluster.drop(at)
