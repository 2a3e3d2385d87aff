"""Places in an order, compared in Python as SQL compares them: unknown last, either direction."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

import numpy as np
import numpy.typing as npt

from .cursors import Value


@total_ordering
@dataclass(frozen=True, slots=True)
class Step:
    """One value of a place. Those of one kind are compared: numbers, texts, or None."""

    value: Value
    descending: bool

    def __lt__(self, other: "Step") -> bool:
        """Tell whether this comes first; what is unknown never does."""
        mine: Any = self.value
        others: Any = other.value
        if mine is None or others is None:
            return mine is not None
        return bool(mine > others if self.descending else mine < others)


Steps = tuple[Step, ...]


def steps(values: Sequence[Value], descending: Sequence[bool]) -> Steps:
    """Make a place of its values."""
    return tuple(Step(value, down) for value, down in zip(values, descending, strict=True))


Column = npt.NDArray[np.float64]


def column(values: Sequence[Value], descending: bool, other: Value = None) -> tuple[Column, float]:
    """Return numbers that rise as values come later, and the number of another value."""
    if any(isinstance(value, str) for value in values):
        texts = sorted({*map(str, values), str(other)})
        numbers = {text: float(n) for n, text in enumerate(texts)}
        rising, beside = [numbers[str(value)] for value in values], numbers[str(other)]
    else:
        rising, beside = (
            [_number(value, descending) for value in values],
            _number(other, descending),
        )
    sign = -1 if descending else 1
    return sign * np.array(rising, np.float64), sign * beside


def _number(value: Value, descending: bool) -> float:
    """Return a number; for what is unknown the one that comes last."""
    return float(value) if value is not None else -np.inf if descending else np.inf


def first(columns: Sequence[Column], most: int) -> npt.NDArray[np.intp]:
    """Return which `most` rows come first by some columns, the first one first, in order."""
    chosen = _first(columns, np.arange(len(columns[0])), most)
    return chosen[np.lexsort([column[chosen] for column in reversed(columns)])]


def _first(
    columns: Sequence[Column], rows: npt.NDArray[np.intp], most: int
) -> npt.NDArray[np.intp]:
    """Narrow rows down by one column after the other: sorting all of them takes too long."""
    if len(rows) <= most or not columns:
        return rows[:most]
    values = columns[0][rows]
    last = np.partition(values, most - 1)[most - 1]
    surely = rows[values < last]
    return np.concatenate([surely, _first(columns[1:], rows[values == last], most - len(surely))])


def beyond(columns: Sequence[Column], place: Sequence[float]) -> npt.NDArray[np.bool_]:
    """Tell which rows come after a place."""
    result = np.zeros(len(columns[0]), bool)
    for column, value in reversed(list(zip(columns, place, strict=True))):
        result = (column > value) | ((column == value) & result)
    return result
