"""What children that make pictures and copies share: limits, and words in JSON lines.

Such a child is given two open files, the film and what it writes, and nothing else. Its orders come
on stdin as one JSON document; on stdout it tells a JSON object a line. The parent believes nothing
but numbers and text from it.
"""

import errno
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from av.error import FFmpegError

from ...db.errors import LimitError, MediaError
from ..confinement import confine

OPEN_FILES = 64
PROGRESS_S = 0.2


def tell(**words: object) -> None:
    """Say something to the parent."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Progress:
    """Tells how far the child is, no more often than is useful: silence means that it hangs."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def at(self, at_us: int) -> None:
        """Tell a time of the film, if it is time to."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + PROGRESS_S
            tell(at_us=at_us)


def run(work: Callable[[int, int, Mapping[str, Any]], None]) -> None:
    """Be the child: confine itself, do the work, and tell how it ended."""
    film_fd, out_fd = map(int, sys.argv[1:])
    run_on(work, film_fd, out_fd, json.load(sys.stdin))


def run_on(
    work: Callable[[int, int, Mapping[str, Any]], None],
    film_fd: int,
    out_fd: int,
    orders: Mapping[str, Any],
) -> None:
    """Confine this process, do the work on two open files, and tell how it ended."""
    confine(
        {
            resource.RLIMIT_DATA: orders["memory_bytes"],
            resource.RLIMIT_CPU: orders["cpu_s"],
            resource.RLIMIT_NOFILE: OPEN_FILES,
        }
    )
    try:
        work(film_fd, out_fd, orders)
    except LimitError as error:
        tell(trouble="limit", reason=str(error))
    except MediaError as error:
        tell(trouble="media", reason=str(error))
    except MemoryError:
        tell(trouble="limit", reason="needs more memory; see limits.memory_mb")
    except FFmpegError as error:
        tell(trouble="media", reason=f"FFmpeg: {error.strerror}")
    except OSError as error:
        trouble = "limit" if error.errno == errno.ENOMEM else "write"
        tell(trouble=trouble, reason=str(error))
