"""A helper for a film that is joined elsewhere: `python -I -m ....leg_child FILM_FD LINE_FD`.

It is bounded as the child that joins is, and sees the film as that does; its orders come first.
"""

import sys
from multiprocessing.connection import Connection

import cv2

from . import wire
from .child import limit_self
from .cuts import find_cuts
from .exact import Opening, eye_for
from .leg_helper import LegHelper, opener
from .leg_wire import HelperLine
from .probe import open_source
from .troubles import REPORTED, trouble


def main() -> None:
    """Decode legs until nobody asks any more."""
    film_fd, line_fd = map(int, sys.argv[1:])
    connection: Connection[bytes, bytes] = Connection(line_fd)
    orders = wire.Orders.unpack(connection.recv_bytes(wire.MAX_PACKET))
    limit_self(orders)
    cv2.setNumThreads(1)
    line = HelperLine(connection)
    try:
        source = open_source(film_fd)
        eye = eye_for(source, Opening.of(source, orders), find_cuts(orders.method), orders)
        LegHelper(line, opener(film_fd), eye).run()
    except REPORTED as error:
        line.say(trouble(error, orders.memory_bytes))


if __name__ == "__main__":
    main()
