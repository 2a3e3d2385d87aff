"""Waiting for the library's server to come back, so that hours of work need not begin again."""

import threading
import time

from ..db import daemons
from ..db.errors import UnreachableError
from ..db.store import Store

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


def wait_until_back(store: Store, patience_s: float, stop: threading.Event) -> bool:
    """Ask ever more seldom; tell whether the server is back before patience or the work ends."""
    ends_s = time.monotonic() + patience_s
    pause_s = FIRST_PAUSE_S
    while time.monotonic() + pause_s < ends_s and not stop.wait(pause_s):
        try:
            with store.reading() as db:
                daemons.paused_since_us(db)
        except UnreachableError:
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            return True
    return False
