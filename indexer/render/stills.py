"""Pictures out of a film, taken in a confined child."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...db.errors import WorkerError
from ..outputs.cutlist import Still
from ..worker import Limits
from .original import original
from .parent import run_child

CHILD = f"{__package__}.stills_child"
WIDTH = 320


Heard = Callable[[dict[str, Any]], None]
Run = Callable[[int, int, Mapping[str, Any], Limits, Heard], None]


def alone(
    film_fd: int, out_fd: int, orders: Mapping[str, Any], limits: Limits, heard: Heard
) -> None:
    """Have a child of its own do it, which takes half a second to begin."""
    run_child(CHILD, film_fd, out_fd, orders, limits, heard)


def stills(
    path: bytes,
    film_fingerprint: str,
    container_offset_us: int,
    times_us: Sequence[int],
    limits: Limits,
    *,
    width: int = WIDTH,
    exact: bool = True,
    run: Run = alone,
) -> tuple[Still, ...]:
    """Take a picture, `width` wide at most, at each time that can be decoded, in order.

    Not `exact`, it is the keyframe at or before the time, which costs one frame of decoding. `run`
    has a child do it.

    Raises FilmChangedError if the file is not the film, MediaError, LimitError, WorkerError or
    OSError.
    """
    if not times_us:
        return ()
    with original(path, film_fingerprint) as film_fd, tempfile.TemporaryFile() as out:
        told: list[tuple[int, int]] = []

        def heard(words: dict[str, Any]) -> None:
            if "time_us" in words:
                told.append((int(words["time_us"]), int(words["bytes"])))

        orders = {
            "times_us": sorted(set(times_us)),
            "container_offset_us": container_offset_us,
            "width": width,
            "exact": exact,
        }
        run(film_fd, out.fileno(), orders, limits, heard)
        out.seek(0)
        data = out.read()
    return _parted(data, told)


def _parted(data: bytes, told: Sequence[tuple[int, int]]) -> tuple[Still, ...]:
    found, at = [], 0
    for time_us, length in told:
        if length < 0 or at + length > len(data):
            raise WorkerError("the child told of pictures that it did not write")
        if length:
            found.append(Still(time_us, data[at : at + length]))
        at += length
    return tuple(found)
