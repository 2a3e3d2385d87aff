"""The words of the query language that stand for something fixed: comparisons, measures, facts."""

import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Comparison(StrEnum):
    """How a stored number stands to the one in the query. Equality is exact."""

    AT_LEAST = ">="
    OVER = ">"
    AT_MOST = "<="
    UNDER = "<"
    EQUAL = "="

    @property
    def compare(self) -> Callable[[Any, Any], Any]:
        """The operator itself: compares numbers, and columns of a database as well."""
        return _OPERATORS[self]

    @property
    def downward(self) -> bool:
        """Whether small numbers satisfy it."""
        return self in (Comparison.AT_MOST, Comparison.UNDER)

    @property
    def opposite(self) -> "Comparison":
        """The one that holds where this does not. EQUAL has none: raises KeyError."""
        return _OPPOSITES[self]


_OPERATORS: Mapping[Comparison, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        Comparison.AT_LEAST: operator.ge,
        Comparison.OVER: operator.gt,
        Comparison.AT_MOST: operator.le,
        Comparison.UNDER: operator.lt,
        Comparison.EQUAL: operator.eq,
    }
)
_OPPOSITES: Mapping[Comparison, Comparison] = MappingProxyType(
    {
        Comparison.AT_LEAST: Comparison.UNDER,
        Comparison.UNDER: Comparison.AT_LEAST,
        Comparison.OVER: Comparison.AT_MOST,
        Comparison.AT_MOST: Comparison.OVER,
    }
)


class Measure(StrEnum):
    """What a film says of a tag, from 0 to 1. `relevance` ranks within one film only."""

    COVERAGE = "coverage"
    PEAK = "peak"
    RELEVANCE = "relevance"


class Quantity(StrEnum):
    """A number that a film has: its picture's size in pixels, frames a second, shots, its year."""

    WIDTH = "width"
    HEIGHT = "height"
    FPS = "fps"
    SHOTS = "shots"
    YEAR = "year"


class Word(StrEnum):
    """A word that a film has, letter case apart."""

    CODEC = "codec"
    CONTAINER = "container"
    MODEL = "model"
    PRECISION = "precision"


class Moment(StrEnum):
    """When something was done with a film."""

    INDEXED = "indexed"
    ADDED = "added"


# What ends a bare tag; a tag that is called so is quoted.
RESERVED = (
    "and",
    "or",
    "not",
    "then",
    "within",
    "duration",
    "resolution",
    *Quantity,
    *Moment,
)
