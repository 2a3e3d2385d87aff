"""Children forked from a process that has loaded the decoder: as confined, and as mortal."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clips import BLUE, RED, Take, render
from filmdex.db.errors import LimitError, MediaError, WorkerError
from filmdex.indexer.fingerprint import fingerprint
from filmdex.indexer.outputs.cutlist import Still
from filmdex.indexer.render.forking import Forking
from filmdex.indexer.render.stills import alone, stills
from filmdex.indexer.worker import Limits

LIMITS = Limits(memory_mb=1024, cpu_s=30, wall_s=60, silence_s=60)
ORDERS = {"times_us": [0], "container_offset_us": 0, "width": 160, "exact": True}


@pytest.fixture
def forking() -> Iterator[Forking]:
    opened = Forking()
    yield opened
    opened.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return render(tmp_path / "clip.mp4", [Take(RED, 25), Take(BLUE, 25)])


def taken(clip: Path, forking: Forking, limits: Limits = LIMITS) -> tuple[Still, ...]:
    with clip.open("rb") as file:
        name = fingerprint(file.fileno()).fingerprint
    return stills(os.fsencode(clip), name, 0, [100_000, 1_500_000], limits, run=forking.run)


def test_its_pictures_are_those_of_a_child_of_its_own(clip: Path, forking: Forking) -> None:
    with clip.open("rb") as file:
        name = fingerprint(file.fileno()).fingerprint
    other = stills(os.fsencode(clip), name, 0, [100_000, 1_500_000], LIMITS, run=alone)
    assert taken(clip, forking) == other
    assert len(other) == 2


def test_a_file_that_is_none_is_a_media_error(tmp_path: Path, forking: Forking) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no film" * 99)
    with pytest.raises(MediaError):
        taken(tmp_path / "clip.mp4", forking)


def test_too_little_memory_is_a_limit_of_that_child_alone(clip: Path, forking: Forking) -> None:
    with pytest.raises((LimitError, WorkerError)):
        taken(clip, forking, Limits(memory_mb=1, cpu_s=30, wall_s=60, silence_s=60))
    assert len(taken(clip, forking)) == 2


def test_a_child_that_takes_too_long_is_killed(clip: Path, forking: Forking) -> None:
    short = Limits(memory_mb=1024, cpu_s=600, wall_s=1, silence_s=600)
    orders = ORDERS | {"times_us": list(range(1_900_000, 1_906_000))}
    with (
        clip.open("rb") as film,
        tempfile.TemporaryFile() as out,
        pytest.raises(LimitError, match="over 1 s"),
    ):
        forking.run(film.fileno(), out.fileno(), orders, short, lambda _: None)
    assert len(taken(clip, forking)) == 2


def test_the_process_that_forks_is_begun_anew_if_it_died(clip: Path, forking: Forking) -> None:
    assert len(taken(clip, forking)) == 2
    process = forking._process
    assert process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(taken(clip, forking)) == 2
    assert forking._process is not process


def test_it_ends_with_what_uses_it(forking: Forking) -> None:
    forking.begin()
    process = forking._process
    assert process
    forking.close()
    assert process.returncode == -signal.SIGKILL
