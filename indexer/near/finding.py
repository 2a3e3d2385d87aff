"""The shots of a library nearest to a direction: through the index as far as it reaches.

What the index names is compared exactly, and what is not in it too. So a similarity is always that
of what is stored, and a stale index leaves nothing out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...db.embeddings import CurrentRun
from ...db.store import Connection
from ..similar import Direction, Found, best, compared, nearest

if TYPE_CHECKING:
    from .asking import Index

# Shots that the index names for each search, and at least so many times what is asked for: chosen
# by tests/bench/near.py.
CANDIDATES = 64
TIMES = 4


@dataclass(frozen=True, slots=True)
class Search:
    """Nearest shots among some runs; `outside` are those that were compared one by one."""

    found: list[Found]
    outside: int


def find(
    db: Connection,
    index: "Index | None",
    runs: Sequence[CurrentRun],
    asked: Direction,
    most: int,
) -> Search:
    """Find the `most` shots of `runs` nearest to a direction, nearest first.

    runs: current ones of one backbone, which is the index's too. Without an index, exactly.
    """
    covered: Collection[int] = index.covered(runs) if index is not None else ()
    outside = [run.run_id for run in runs if run.run_id not in covered]
    found = nearest(db, outside, asked, most)
    if index is not None and covered:
        keys = index.candidates(asked, max(CANDIDATES, TIMES * most), covered)
        found = best([*found, *compared(db, keys, asked)], most)
    return Search(found, len(outside))
