"""What a new file may be read and written by."""

import os
from pathlib import Path

import pytest
from filmdex.indexer.file_mode import usual_mode


@pytest.mark.parametrize("umask", [0o022, 0o007, 0o077, 0])
def test_it_is_what_open_gives(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        (tmp_path / "file").touch()
        assert usual_mode() == (tmp_path / "file").stat().st_mode & 0o777
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
