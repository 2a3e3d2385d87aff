"""Letting whoever waits for an answer go first: indexing is work that nobody watches."""

import os


def give_way(nice: int) -> None:
    """Have this process, and all that it starts, take at least this nice value (0 to 19).

    One that has given way further already, as under systemd, stays so: only the superuser could
    take it back. On Linux it is the calling thread's and its later ones', so that this comes first.
    """
    if nice > os.getpriority(os.PRIO_PROCESS, 0):
        os.setpriority(os.PRIO_PROCESS, 0, nice)
