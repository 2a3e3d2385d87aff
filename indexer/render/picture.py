"""A picture that somebody gave, brought to what the network sees, in a confined child."""

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...db.errors import LimitError, MediaError, WorkerError
from ..framing_names import FramingName
from ..pixels_type import Pixels
from ..worker import Limits
from .parent import run_child

CHILD = f"{__package__}.picture_child"
# A picture comes from anywhere, and is looked at while somebody waits.
LIMITS = Limits(memory_mb=1024, cpu_s=20, wall_s=60, silence_s=60)
MOST_BYTES = 64 * 2**20
MOST_PIXELS = 64_000_000


def picture_views(path: Path, framings: Sequence[FramingName], side: int) -> Pixels:
    """Read a picture and frame it: `(V, side, side, 3) uint8` RGB.

    Raises MediaError if it is none, LimitError if it is too large, WorkerError or OSError.
    """
    orders = {"side": side, "framings": list(framings), "most_pixels": MOST_PIXELS}
    shape = (len(framings), side, side, 3)
    try:
        with _opened(path) as picture_fd, tempfile.TemporaryFile() as out:
            run_child(CHILD, picture_fd, out.fileno(), orders, LIMITS, lambda _: None)
            out.seek(0)
            data = out.read(int(np.prod(shape)) + 1)
    except (MediaError, LimitError, WorkerError) as error:
        raise type(error)(f"{path}: {error}") from error
    if len(data) != np.prod(shape):
        raise WorkerError(f"{path}: the child wrote {len(data)} bytes for {shape}")
    return np.frombuffer(data, np.uint8).reshape(shape)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    # Without waiting: a pipe that nobody writes to would be waited for.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise MediaError("no file")
        if facts.st_size > MOST_BYTES:
            raise LimitError(f"{facts.st_size} bytes, {MOST_BYTES} are allowed")
        yield fd
    finally:
        os.close(fd)
