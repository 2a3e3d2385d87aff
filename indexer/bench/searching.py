"""How long searching takes: the mix of queries, again and again, and what the worst of them did."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from ...db import plans as stored
from ...db import search
from ...db.ordering import read_order
from ...db.query_parser import parse
from ...db.store import Store
from .queries import MIX, Asked

PAGE = 50


@dataclass(frozen=True, slots=True)
class Timed:
    """A query, how many hits it has, and how long each asking took, in ms, the page and the total.

    cpu_ms: the processor time of each, which does not count what other programs did meanwhile.
    """

    asked: Asked
    total: str
    times_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        """The time in the middle."""
        return median(self.times_ms)

    @property
    def worst_ms(self) -> float:
        """The longest time."""
        return max(self.times_ms)


def percentile(times_ms: Sequence[float], share: float) -> float:
    """Return the time that so many of the askings did not exceed."""
    ordered = sorted(times_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(
    store: Store, rounds: int, tell: Callable[[int], None] = lambda _: None
) -> tuple[Timed, ...]:
    """Ask the whole mix once to warm up, then so many rounds of it."""
    times: dict[Asked, list[tuple[float, float]]] = {asked: [] for asked in MIX}
    totals = {}
    for number in range(rounds + 1):
        for asked in MIX:
            began, used = time.perf_counter(), time.process_time()
            totals[asked] = _ask(store, asked)
            took = (time.perf_counter() - began) * 1e3, (time.process_time() - used) * 1e3
            if number:
                times[asked].append(took)
        tell(number)
    return tuple(Timed(one, totals[one], *zip(*times[one], strict=True)) for one in MIX)


def plans(store: Store, asked: Asked) -> tuple[str, ...]:
    """Say how the database goes about a query."""
    with stored.questions(store) as said:
        _ask(store, asked)
    return stored.plans(store, said)


def _ask(store: Store, asked: Asked) -> str:
    with store.reading() as db:
        known = search.vocabulary(db)
        query = parse(asked.text, known)
        order = read_order(asked.order, known, shots=asked.shots)
        if asked.shots:
            return str(search.find_shots(db, query, limit=PAGE, order=order)[1])
        return str(search.find_films(db, query, limit=PAGE, order=order)[1])
