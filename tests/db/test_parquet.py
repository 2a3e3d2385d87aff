"""A library as Parquet, read back by pyarrow."""

from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the parquet extra is not installed")

import pyarrow.parquet as pq
from filling import SECOND, add_film, film_tag, fingerprint, index, looked_at, not_looked_at
from filmdex.db import parquet
from filmdex.db.store import Store


def test_every_row_is_there_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 2)  # several batches
    with store.writing() as db:
        for number in (1, 2):
            film_id = add_film(db, number, f"/films/{number}.mkv".encode())
            shots = (
                looked_at(0, SECOND, 0.75, 0.0625, 0, 0.25),
                not_looked_at(SECOND, 2 * SECOND),
                looked_at(2 * SECOND, 4 * SECOND, 0, 0, 0, 0.875),
            )
            index(db, film_id, shots, [film_tag("Animation", 0.75)], now_us=number * 1_000_000)
        add_film(db, 3, b"/films/not yet.mkv")
    told: list[tuple[str, int]] = []
    with store.reading() as db:
        written = parquet.export(db, tmp_path, lambda name, count: told.append((name, count)))
    assert written == {"films": 2, "film_tags": 2, "shots": 6, "shot_tags": 8}
    assert dict(told) == written
    tables = {name: pq.read_table(tmp_path / f"{name}.parquet").to_pylist() for name in written}
    first = tables["films"][0]
    assert (first["fingerprint"], first["path"]) == (fingerprint(1), "/films/1.mkv")
    assert first["indexed"].timestamp() == 1
    assert tables["film_tags"][1] | {"relevance": 0} == {
        "film_id": 2,
        "tag": "Animation",
        "relevance": 0,
        "weight": 2.5,
        "seconds": 3.0,
        "coverage": 0.75,
        "peak": 0.75,
        "present": True,
    }
    assert [(s["shot"], s["end_us"], s["state"], s["transition"]) for s in tables["shots"][:3]] == [
        (1, SECOND, "looked_at", None),
        (2, 2 * SECOND, "not_looked_at", None),
        (3, 4 * SECOND, "looked_at", None),
    ]
    assert [
        (s["shot"], s["tag"], s["probability"], s["present"]) for s in tables["shot_tags"][:4]
    ] == [
        (1, "Animation", 0.75, True),
        (1, "Nudity", 0.25, False),
        (1, "War", 0.0625, True),
        (3, "Nudity", 0.875, True),
    ]
