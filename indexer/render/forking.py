"""Children that begin at once, because they are forked from one that has loaded the decoder.

To load it takes half a second, ten times as long as to take a picture.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...db.errors import WorkerError
from ..confinement import environment
from ..worker import Limits
from .parent import Watch, hear_out
from .stills import Heard

CHILD = f"{__package__}.forking_child"
# How long the process that forks may take to answer: it does nothing else.
ANSWER_S = 30.0


class Forking:
    """Takes pictures in children of one process, which is begun when it is first needed.

    That process ends with the thread that began it, as every child does: `begin` is for the thread
    that outlives the others.
    """

    def __init__(self) -> None:
        """Begin nothing yet."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def begin(self) -> None:
        """Begin the process that forks; it loads the decoder while others do something else."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(ANSWER_S)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-I", "-m", CHILD, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # One thread for every library: a process with several cannot be forked safely.
                env=environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
                cwd="/",
                start_new_session=True,
            )
        self._line = ours

    def close(self) -> None:
        """End the process, and with it every child."""
        if self._process is not None and self._line is not None:
            self._line.close()
            self._process.kill()
            self._process.wait()
            self._process = self._line = None

    def run(
        self,
        film_fd: int,
        out_fd: int,
        orders: Mapping[str, Any],
        limits: Limits,
        heard: Heard,
    ) -> None:
        """Have a child take pictures: see `stills.Run`.

        Raises MediaError, LimitError, WorkerError or OSError, as the child fares.
        """
        told = dict(orders) | {"memory_bytes": limits.memory_mb * 2**20, "cpu_s": limits.cpu_s}
        words_fd, their_words = os.pipe()
        with open(words_fd, encoding="utf-8", errors="replace") as words:
            try:
                handle = self._forked(json.dumps(told), [film_fd, out_fd, their_words])
            finally:
                os.close(their_words)
            try:
                self._hear(words, handle, limits, heard)
            finally:
                if handle is not None:
                    _kill(handle)
                    os.close(handle)

    def _hear(self, words: Any, handle: int | None, limits: Limits, heard: Heard) -> None:
        watch = Watch(lambda: _kill(handle), limits)
        try:
            ended = hear_out(words, watch, heard)
            watch.raise_if_hung()
        finally:
            watch.stop()
        if not ended:
            raise WorkerError("the child that takes pictures ended before it was done")

    def _forked(self, orders: str, fds: list[int]) -> int | None:
        """Have a child forked; return what it can be killed by, None if it has ended already."""
        with self._lock:
            if self._process is None or self._line is None or self._process.poll() is not None:
                self.close()
                self.begin()
            assert self._line is not None  # noqa: S101  it has just been begun
            try:
                socket.send_fds(self._line, [orders.encode()], fds)
                answer, handles, _, _ = socket.recv_fds(self._line, 16, 1)
            except OSError as error:
                self.close()
                raise WorkerError(f"no child could be forked: {error}") from error
        if not answer:
            raise WorkerError("no child could be forked: the process that forks has ended")
        return handles[0] if handles else None


def _kill(handle: int | None) -> None:
    if handle is not None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
