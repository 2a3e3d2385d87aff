"""Searching in processes of its own, so that what is read in a moment does not wait for it.

Python's threads take turns (the global interpreter lock): beside two searches every step of every
other answer would wait for both. Who asks, and what they may, stays known in one process alone.
"""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from http import HTTPStatus
from multiprocessing.connection import Connection as Line
from typing import TypeVar

from ...db.errors import FilmdexError
from ...db.store import Store
from ..settings import Settings
from .problems import Refused
from .seeking_child import Work
from .turns import RETRY_S, Turns

CHILD = f"{__package__}.seeking_child"
# While so many wait, some of the forty threads are left for what does not search.
MOST_WAITING = 20
R = TypeVar("R")


class Seekers:
    """Has searches done: in processes once they have begun, and until then in this one.

    More at once than there are processes, or else processors, would only hold each other up.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        """Begin nothing yet."""
        self._store, self._settings = store, settings
        at_once = settings.web.searchers or os.cpu_count() or 1
        self.turns = Turns(at_once, MOST_WAITING, "others are searching")
        # The one that searched last is taken first: what it has read is still in its memory.
        self._idle: list[_Child] = []

    def begin(self) -> None:
        """Begin the processes that the settings ask for; they load while others do something."""
        self._idle = [_Child(self._settings) for _ in range(self._settings.web.searchers)]

    def close(self) -> None:
        """End the processes."""
        while self._idle:
            self._idle.pop().close()

    def do(self, work: Work[R]) -> R:
        """Do what can be sent to another process, and return what it returns.

        Raises what it raises, if that is a FilmdexError; Refused where none can be had.
        """
        with self.turns.one():
            if not self._idle:
                with self._store.reading() as db:
                    return work(db, self._settings)
            child = self._idle.pop()
            try:
                return child.do(work)
            except (EOFError, OSError) as error:
                child.close()
                child = _Child(self._settings)
                detail = "the process that searched has ended; another has begun, ask again"
                after = {"Retry-After": str(RETRY_S)}
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, after) from error
            finally:
                self._idle.append(child)


class _Child:
    """A process that searches one thing at a time. It ends when its line does, and so with us."""

    def __init__(self, settings: Settings) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-I", "-m", CHILD, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Ctrl-C is for the page, which ends it.
                start_new_session=True,
            )
        self._line = Line(ours.detach())
        with suppress(OSError):  # one that ended at once is found out when it is asked
            self._line.send(settings)

    def do(self, work: Work[R]) -> R:
        """Have it do something. Raises EOFError or OSError if it ends meanwhile."""
        self._line.send(work)
        result: R | FilmdexError = self._line.recv()
        if isinstance(result, FilmdexError):
            raise result
        return result

    def close(self) -> None:
        """End it."""
        self._line.close()
        self._process.kill()
        self._process.wait()
