"""A film's decoding child alone: `python -m filmdex.indexer.bench.seeing PRECISION FILM`.

What filmdex does before any network: demux, decode, cuts or groups, samples scaled for the
networks. Prints frames, length and cuts as JSON.
"""

import json
import os
import sys

from ...db.records import US_PER_SECOND, Precision
from ..bundle import load, locate
from ..planning import decoding_orders, limits
from ..settings import load as load_settings
from ..worker import CutShot, Worker


def main() -> None:
    """See one film, as the settings say."""
    precision, film = sys.argv[1:]
    settings = load_settings().settings
    card = load(locate(settings.model.bundle)).card
    orders = decoding_orders(card, settings, Precision(precision))
    fd = os.open(film, os.O_RDONLY | os.O_CLOEXEC)
    with Worker(fd, orders, limits(settings.limits), lambda: None) as worker:
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
