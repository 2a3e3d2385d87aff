"""The pictures that a model got most wrong: worth more than any number to whoever labels them."""

import numpy as np

from .judged import Judged, OneTag, Rows
from .results import Mistake, Mistakes

EACH = 4


def mistakes(judged: Judged, one: OneTag, threshold: float, each: int = EACH) -> Mistakes:
    """Return at most `each` pictures on the wrong side of a tag's threshold, the worst first."""
    taken = one.probabilities >= threshold
    surest = np.argsort(-one.probabilities, kind="stable")
    alarms = surest[(taken & ~one.shown)[surest]]
    misses = surest[::-1][(~taken & one.shown)[surest[::-1]]]
    return Mistakes(
        alarms=_named(judged, one, alarms[:each]), misses=_named(judged, one, misses[:each])
    )


def _named(judged: Judged, one: OneTag, places: Rows) -> tuple[Mistake, ...]:
    return tuple(
        Mistake(
            row=int(row),
            name=judged.names[row],
            source=judged.sources[row],
            probability=float(probability),
        )
        for row, probability in zip(one.rows[places], one.probabilities[places], strict=True)
    )
