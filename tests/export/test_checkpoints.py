"""Checkpoints are there whole or not at all, and of this training or none."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from filmdex.db.errors import ModelError
from filmdex.export.checkpoints import State, read, write

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.uint32)]


@contextmanager
def full_disk(at_bytes: int) -> Iterator[None]:
    """Let no file grow over this size: the kernel refuses what does not fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    state = State("run").after(0.5, {"loss": 1.0}).after(0.25, {"loss": 0.5})
    write(tmp_path / "new/last.npz", state, ARRAYS)
    held = read(tmp_path / "new/last.npz", "run")
    assert held is not None
    assert held[0] == state
    assert (state.epoch, state.best_epoch, state.best, state.waited) == (2, 1, 0.5, 1)
    for got, expected in zip(held[1], ARRAYS, strict=True):
        assert got.dtype == expected.dtype
        assert np.array_equal(got, expected)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["last.npz"]


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "last.npz", "run") is None


def test_one_of_another_training_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "last.npz", State("run"), ARRAYS)
    with pytest.raises(ModelError, match="other settings or pictures"):
        read(tmp_path / "last.npz", "another")


@pytest.mark.parametrize("kept", [0, 40, -30])
def test_a_damaged_one_is_refused(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "last.npz"
    write(path, State("run"), ARRAYS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"last\.npz: damaged .* remove it"):
        read(path, "run")


def test_a_changed_byte_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "last.npz"
    write(path, State("run"), [np.zeros(1000, np.float32)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        read(path, "run")


def test_a_full_disk_leaves_the_checkpoint_before_it(tmp_path: Path) -> None:
    path = tmp_path / "last.npz"
    write(path, State("run", epoch=4), ARRAYS)
    before = path.read_bytes()
    later = State("run", epoch=5)
    with full_disk(10_000), pytest.raises(OSError, match=r"checkpoint of epoch 5 .* make room"):
        write(path, later, [np.zeros(100_000, np.float32)])
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["last.npz"]
    held = read(path, "run")
    assert held is not None
    assert json.dumps(held[0].history) == "[]"
    assert held[0].epoch == 4
