"""Talking to systemd: datagrams to $NOTIFY_SOCKET (sd_notify(3)); without it, nobody hears."""

import os
import socket
from contextlib import suppress

SOCKET_VARIABLE = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE = "WATCHDOG_USEC"
PATIENCE_S = 1.0


def notify(*lines: str) -> bool:
    """Send assignments such as READY=1; tell whether there was anybody to send them to.

    Nothing is raised: systemd that cannot be reached must not end what it watches over.
    """
    address = os.environ.get(SOCKET_VARIABLE, "")
    if not address.startswith(("/", "@")):
        return False
    # A leading @ stands for the abstract namespace, whose names begin with a zero byte (unix(7)).
    place = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        # A reader that hangs fills its queue, and would hang whoever writes to it.
        line.settimeout(PATIENCE_S)
        line.connect(place)
        line.sendall("\n".join(lines).encode())
        return True
    return False


def watchdog_us() -> int | None:
    """Return within what time systemd wants to hear WATCHDOG=1; None if it does not ask."""
    value = os.environ.get(WATCHDOG_VARIABLE, "")
    return int(value) if value.isdecimal() and int(value) else None
