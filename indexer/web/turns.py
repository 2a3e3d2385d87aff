"""Whose turn it is, where only so many can be served at once: others wait a little, or come again.

Who waits holds a thread that others need, so that neither many may wait nor for long.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from .problems import Refused

MOST_WAIT_S = 10.0
RETRY_S = 5


@dataclass(slots=True)
class Turns:
    """Lets `at_once` work, and `waiting` more wait for them; `busy` says what the others do."""

    at_once: int
    waiting: int
    busy: str
    wait_s: float = MOST_WAIT_S
    _working: threading.BoundedSemaphore = field(init=False)
    _there: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._working = threading.BoundedSemaphore(self.at_once)
        self._there = threading.BoundedSemaphore(self.at_once + self.waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for one's turn, and have it until the block ends. Raises Refused where none comes.

        Nothing that others need may be held meanwhile: no connection to the library.
        """
        if not self._there.acquire(blocking=False):
            raise self._refused()
        try:
            if not self._working.acquire(timeout=self.wait_s):
                raise self._refused()
            try:
                yield
            finally:
                self._working.release()
        finally:
            self._there.release()

    def _refused(self) -> Refused:
        detail = f"{self.busy}; ask again"
        return Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(RETRY_S)})
