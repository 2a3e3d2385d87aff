"""An actor that decodes legs of a film whose frames are joined on another host."""

import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection

from ..confinement import environment
from .opening import FilmOrder, opened

MODULE = "filmdex.indexer.leg_child"
# What is carried at once: the thumbnails of some two hundred frames.
MOST_BYTES = 2**20


class HelpingActor:
    """One helper process on one host, and the bytes that go to it and come from it.

    `hear` and `say` are called beside each other, each by one caller, one call after another.
    """

    def __init__(self, order: FilmOrder, node_id: str) -> None:
        self._order, self._node_id = order, node_id
        self._line, self._theirs = socket.socketpair()

    def begin(self) -> None:
        """Open the film and start the helper. Raises UnseenHere if the film is not there."""
        film = opened(self._order, self._node_id)
        fds = (film.fd, self._theirs.fileno())
        with self._theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-I", "-m", MODULE, *map(str, fds)],
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
                cwd="/",
                start_new_session=True,
            )
        connection: Connection[bytes, bytes] = Connection(os.dup(self._line.fileno()))
        with connection:
            connection.send_bytes(self._order.orders.pack())

    def hear(self) -> bytes:
        """Wait for bytes from the helper; none when it has ended."""
        try:
            return self._line.recv(MOST_BYTES)
        except ConnectionError:
            return b""

    def say(self, data: bytes) -> None:
        """Send bytes to the helper. Raises ConnectionError if it has ended."""
        self._line.sendall(data)
