"""Images a second, measured by turns: a machine that is slow for a while is slow for everybody."""

import statistics
import time
from collections.abc import Callable, Mapping

from .results import Speed

ROUNDS = 7


def images_per_second(
    runs: Mapping[str, Callable[[], object]],
    images: int,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Speed]:
    """Time named functions, each of which works on `images` images; return each one's speed.

    Each runs once unmeasured, then once a round; each round begins with another of them, so that
    none always follows the same one. The median is what to expect, lowest and highest how far the
    rounds were apart.
    """
    names = list(runs)
    for run in runs.values():
        run()
    speeds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            begun = clock()
            runs[name]()
            speeds[name].append(images / (clock() - begun))
    return {
        name: Speed(median=statistics.median(each), lowest=min(each), highest=max(each))
        for name, each in speeds.items()
    }
