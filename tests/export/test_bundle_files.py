"""A new folder is there whole, or not at all: after an error, on a full disk, after a kill."""

import errno
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filmdex.db.errors import ModelError
from filmdex.indexer.beside import beside


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let writing fail at a size, as on a full disk (the signal for it is ignored)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    taken = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, taken)


def test_what_goes_well_is_there_whole(tmp_path: Path) -> None:
    with beside(tmp_path / "deep" / "out") as folder:
        (folder / "a").write_text("a")
        assert not (tmp_path / "deep" / "out").exists()
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["out"]
    assert (tmp_path / "deep" / "out" / "a").read_text() == "a"


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def attempt() -> None:
        with beside(tmp_path / "out") as folder:
            (folder / "a").write_text("a")
            raise ModelError("no")

    with pytest.raises(ModelError, match="no"):
        attempt()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_of_by_name_and_leaves_nothing(tmp_path: Path) -> None:
    def attempt() -> None:
        with files_of_at_most(1000), beside(tmp_path / "out") as folder:
            (folder / "small").write_bytes(bytes(10))
            (folder / "large").write_bytes(bytes(100_000))

    with pytest.raises(OSError, match="out") as told:
        attempt()
    assert told.value.errno == errno.EFBIG
    assert told.value.filename == str(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A file system of 64 KiB, in a namespace of its own."""
    program = (
        "import pathlib, sys; from filmdex.indexer.beside import beside\n"
        "place = pathlib.Path(sys.argv[1])\n"
        "try:\n"
        "    with beside(place / 'out') as folder:\n"
        "        (folder / 'a').write_bytes(bytes(1000))\n"
        "        (folder / 'b').write_bytes(bytes(1_000_000))\n"
        "except OSError as error:\n"
        "    print(error.errno, error.filename, list(place.iterdir()))\n"
    )
    mounted = 'mount -t tmpfs -o size=64k none "$1" && exec "$0" -c "$2" "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, sys.executable, tmp_path, program],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert done.stdout == f"{errno.ENOSPC} {tmp_path / 'out'} []\n"


def test_what_a_kill_left_goes_with_the_next(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys; from filmdex.indexer.beside import beside\n"
        "with beside(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, tmp_path / "out"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    with beside(tmp_path / "out") as folder:
        (folder / "whole").write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["whole"]


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelError, match="exists already"), beside(tmp_path / "out"):
        pass
