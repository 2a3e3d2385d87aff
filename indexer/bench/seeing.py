"""A film's decoding child alone: `python -m filmdex.indexer.bench.seeing ORDERS FILM`.

What filmdex does before any network: demux, decode, cuts or groups, samples scaled for the
networks. ORDERS are the child's, packed, in hex: whoever knows the settings and the model makes
them, so that loading those is not measured here. Prints frames, length and cuts as JSON.
"""

import json
import os
import sys

from ...db.records import US_PER_SECOND
from ..wire import Orders
from ..worker import CutShot, Limits, Worker

DAY_S = 86_400


def main() -> None:
    """See one film."""
    packed, film = sys.argv[1:]
    orders = Orders.unpack(bytes.fromhex(packed))
    limits = Limits(orders.memory_bytes // 2**20, orders.cpu_s, wall_s=DAY_S, silence_s=DAY_S)
    fd = os.open(film, os.O_RDONLY | os.O_CLOEXEC)
    with Worker(fd, orders, limits, lambda: None) as worker:
        worker.probed()
        shots = [event for event in worker.events() if isinstance(event, CutShot)]
        facts = worker.facts
    passed = {
        "frames": facts.frames,
        "seconds": facts.duration_us / US_PER_SECOND,
        "cuts_us": [shot.span.start_us for shot in shots[1:]],
    }
    sys.stdout.write(json.dumps(passed))


if __name__ == "__main__":
    main()
