"""Having the disk hold what was written, before anything relies on it."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have the disk hold a file, or a folder's names. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
