"""Which films may hold what a query of shots asks for, by how early any of their shots can come.

Only ids: what else is to be known of films is read of those that are looked into. SQL sorts them,
except by the sum of tags' peaks: to add that up for thousands of films, one by one, and to sort
them with all that is said of each takes SQL several times as long as reading the peaks in a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk
from .query_sql_films import tag_id
from .tables import film, film_tag, index_run

# Films with their current runs.
FILMS = index_run.join(
    film, sa.and_(film.c.id == index_run.c.film_id, film.c.current_run_id == index_run.c.id)
)
RunIds = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """By what films are ordered: by the sum of some tags' peaks, the highest first, or in SQL."""

    peaks_of: tuple[str, ...] = ()
    columns: tuple[sa.ColumnElement[Any], ...] = ()


def run_ids(
    connection: sa.Connection,
    arrangement: Arrangement,
    conditions: Sequence[sa.ColumnElement[bool]],
) -> RunIds:
    """Name the current, complete runs of the films of which some conditions hold, in order."""
    found = sa.select(index_run.c.id).select_from(FILMS)
    found = found.where(index_run.c.state == "complete", *conditions)
    if not arrangement.peaks_of:
        found = found.order_by(*arrangement.columns)
    runs: RunIds = bulk.numbers(connection, found)[0].astype(np.int64)
    if arrangement.peaks_of:
        runs.sort()
        sums = _sums(connection, runs, arrangement.peaks_of)
        runs = runs[np.argsort(-sums, kind="stable")]
    return runs


def _sums(connection: sa.Connection, runs: RunIds, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Add up some tags' peaks for runs whose ids rise; peaks are float16, so their sum is exact."""
    sums = np.zeros(len(runs))
    if not len(runs):
        return sums
    of_tag = sa.select(film_tag.c.run_id, film_tag.c.peak)
    for name in names:
        ids, peaks = bulk.numbers(connection, of_tag.where(film_tag.c.tag_id == tag_id(name)))
        at = np.minimum(np.searchsorted(runs, ids), len(runs) - 1)
        known = runs[at] == ids
        sums[at[known]] += peaks[known]
    return sums
