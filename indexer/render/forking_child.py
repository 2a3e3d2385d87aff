"""A process that has loaded the decoder, and looks at nothing: `python -I -m ….forking_child FD`.

For each order it forks a child that is confined as any other, and holds one film; it itself never
reads a byte of one. It ends when its parent does.
"""

import json
import os
import signal
import socket
import sys

from ..confinement import confine
from .confined import run_on
from .stills_child import take

# Film, output, and where the child tells how it fares.
FDS = 3
LARGEST_ORDER = 65536


def serve(line: socket.socket) -> None:
    """Fork a child for each order, and answer with a descriptor by which it can be killed."""
    # Nobody waits for the children: the kernel is to forget them when they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        text, fds, _, _ = socket.recv_fds(line, LARGEST_ORDER, FDS)
        if not text:
            return
        child = os.fork()
        if not child:
            _be_child(line, json.loads(text), *fds)
        for fd in fds:
            os.close(fd)
        _answer(line, child)


def _answer(line: socket.socket, child: int) -> None:
    try:
        handle = os.pidfd_open(child)
    except ProcessLookupError:  # it has ended already
        line.send(b"gone")
        return
    socket.send_fds(line, [b"here"], [handle])
    os.close(handle)


def _be_child(
    line: socket.socket, orders: dict[str, object], film_fd: int, out_fd: int, words_fd: int
) -> None:
    """Do one order and end. What orders come by is closed first: it is for others' films too."""
    code = 1
    try:
        line.close()
        os.dup2(words_fd, sys.stdout.fileno())
        os.close(words_fd)
        run_on(take, film_fd, out_fd, orders)
        sys.stdout.flush()
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    confine({})
    serve(socket.socket(fileno=int(sys.argv[1])))
