"""A library on a server: what is found in one that is not sound, and what compacting drops."""

import pytest
from filling import SECOND, add_film, film_tag, index, looked_at, plain, rows
from filmdex.db import server_upkeep
from filmdex.db.address import Address, Server
from filmdex.db.store import Store
from filmdex.db.tables import SCHEMA_VERSION


@pytest.fixture
def dialect() -> str:
    """What keeps the library."""
    return "postgresql"


def test_faults_are_named_and_replaced_runs_dropped(store: Store, address: Address) -> None:
    assert isinstance(address, Server)
    with store.writing() as db:
        film_id = add_film(db)
        for _ in range(2):
            shots = [looked_at(0, SECOND, 0.75, 0, 0, 0)]
            index(db, film_id, shots, [film_tag("Animation", 0.75)])
    assert list(server_upkeep.faults(address)) == []
    assert server_upkeep.schema_of(address) == SCHEMA_VERSION
    assert server_upkeep.compact(address).rows == 1
    assert rows(store, "SELECT count(*) FROM film_tag") == [(1,)]
    with plain(store) as db:
        db.execute("UPDATE index_run SET shots = 7 WHERE id = ?", [2])
    assert "film 1 (Big_Buck.Bunny): 1 shots, 7 were stored" in server_upkeep.faults(address)
