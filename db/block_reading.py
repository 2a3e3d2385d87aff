"""What blocks keep of some films' shots, as arrays in which these lie one after the other.

The batch: K films by their ids, whose shots are S in all. Blocks are read whole, and what they hold
of other films is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from . import bulk
from .batch import Places
from .blocks import (
    FILM,
    FILMS_A_BLOCK,
    SIZE,
    Films,
    Halves,
    Numbers,
    places,
    unpacked_lengths,
    unpacked_ordinals,
)
from .tables import film_block, shot, tag_block
from .vectors import HALF

Row = tuple[Any, ...]
# A few megabytes of shots, which a processor's cache holds while they are judged.
FILMS_AT_ONCE = 64 * FILMS_A_BLOCK
# Of so many shots of a batch times are read by their own rows, of more by the blocks' lengths.
FEW_SHOTS = 500


def all_films(connection: sa.Connection) -> Films:
    """Read all films that can be searched, by their ids: `(K,)` of blocks.FILM."""
    rows = connection.execute(sa.select(film_block.c.films).order_by(film_block.c.block))
    return np.frombuffer(b"".join(row.films for row in rows), FILM)


def parts(films: Films, most: int = FILMS_AT_ONCE) -> Iterator[Films]:
    """Take films, given by their ids, apart into batches of whole blocks."""
    ends = np.flatnonzero(np.diff(films["film_id"] // most)) + 1
    yield from np.split(films, ends) if len(films) else ()


@dataclass(frozen=True, slots=True, eq=False)
class BlockReader:
    """Reads what is kept of a batch's films.

    numbers: of their blocks, rising. held: all films of these blocks, by id; chosen: which of them
    are the batch's. starts: where each film's shots begin, `(K,)`; shots: S.
    """

    connection: sa.Connection
    films: Films
    starts: Places
    shots: int
    numbers: Places
    held: Films
    chosen: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, connection: sa.Connection, every: Films, films: Films) -> "BlockReader":
        """Find the blocks of some films, of `every` one in the library; both by their ids."""
        ends = np.cumsum(films["shots"], dtype=np.int64)
        numbers = np.unique(films["film_id"] // FILMS_A_BLOCK)
        held = every[np.isin(every["film_id"] // FILMS_A_BLOCK, numbers)]
        chosen = np.isin(held["film_id"], films["film_id"])
        shots = int(ends[-1]) if len(ends) else 0
        return cls(connection, films, ends - films["shots"], shots, numbers, held, chosen)

    def unseen(self) -> Places:
        """Say where the shots lie that were not looked at."""
        sizes = self.held["unseen"].astype(np.int64)
        if not sizes.any():
            return np.zeros(0, np.int64)
        rows = _film_rows(self.connection, self.numbers, "unseen")
        ordinals = unpacked_ordinals([row[1] for row in rows], self._of_blocks(sizes))
        return self.places(*self._chosen(sizes, ordinals))

    def tag(self, tag_id: int) -> tuple[Places, Numbers, Halves]:
        """Read what is kept of a tag: of how many shots `(K,)`, their ordinals, probabilities."""
        wanted = ("sizes", "ordinals", "probabilities")
        rows = _rows(self.connection, tag_block, self.numbers, wanted, {"tag_id": tag_id})
        blocks, *columns = zip(*rows, strict=True) if rows else ((), (), (), ())
        sizes = np.zeros(len(self.held), np.int64)
        # A block none of whose shots has the tag has no row of it.
        there = np.isin(self.held["film_id"] // FILMS_A_BLOCK, blocks)
        sizes[there] = np.frombuffer(b"".join(columns[0]), SIZE)
        values = np.frombuffer(b"".join(columns[2]), HALF)
        of_rows = [len(part) // HALF.itemsize for part in columns[2]]
        ordinals = unpacked_ordinals(columns[1], of_rows)
        sizes, ordinals, values = self._chosen(sizes, ordinals, values)
        return sizes, ordinals, values

    def places(self, sizes: Places, ordinals: Numbers) -> Places:
        """Return where shots lie: so many of each film `(K,)`, by their ordinals."""
        return places(self.starts, sizes, ordinals)

    def spans_us(self, places: Places) -> Places:
        """Read when shots begin and end, `(2, N)`; asked for by rising places `(N,)`."""
        # The last film that begins at or before a place: those without shots have none.
        of_films = np.searchsorted(self.starts, places, side="right") - 1
        if len(places) <= FEW_SHOTS:
            return self._spans_one_by_one(of_films, places - self.starts[of_films])
        needed, which = np.unique(of_films, return_inverse=True)
        sizes, lengths = self._lengths(needed)
        ends_us, before_us = _ends_us(sizes, lengths)
        at = places - self.starts[of_films] + (np.cumsum(sizes) - sizes)[which]
        found_us = ends_us[at] - before_us[which]
        return np.array([found_us - lengths[at].astype(np.int64), found_us])

    def _spans_one_by_one(self, films: Places, ordinals: Places) -> Places:
        wanted = list(zip(self.films["run_id"][films].tolist(), ordinals.tolist(), strict=True))
        columns, keys = ("run_id", "ordinal", "start_us", "end_us"), ("run_id", "ordinal")
        rows = bulk.select_numbered(self.connection, shot, columns, keys, wanted)
        found = {(run_id, ordinal): span for run_id, ordinal, *span in rows}
        return np.array([found[one] for one in wanted], np.int64).reshape(-1, 2).T

    def spans_of_films_us(self, films: npt.NDArray[np.intp]) -> tuple[Places, Places]:
        """Read of some of the films how many shots each has, and when all of them begin and end."""
        sizes, lengths = self._lengths(films)
        ends_us, before_us = _ends_us(sizes, lengths)
        ends_us -= np.repeat(before_us, sizes)
        return sizes, np.array([ends_us - lengths.astype(np.int64), ends_us])

    def _lengths(self, films: npt.NDArray[np.intp]) -> tuple[Places, Numbers]:
        """Read of some of the films how many shots each has, and how long all of them are."""
        some = BlockReader.of(self.connection, self.held, self.films[films])
        rows = _film_rows(self.connection, some.numbers, "lengths")
        sizes = some.held["shots"].astype(np.int64)
        lengths = unpacked_lengths([row[1] for row in rows], some._of_blocks(sizes))
        sizes, lengths = some._chosen(sizes, lengths)
        return sizes, lengths

    def _of_blocks(self, sizes: Places) -> Sequence[int]:
        """Add up for each block what its films have."""
        at = np.searchsorted(self.numbers, self.held["film_id"] // FILMS_A_BLOCK)
        return [int(size) for size in np.bincount(at, sizes, len(self.numbers)).tolist()]

    def _chosen(self, sizes: Places, *columns: npt.NDArray[Any]) -> tuple[Any, ...]:
        """Leave of what all films of the blocks have what the batch's have."""
        if self.chosen.all():
            return sizes, *columns
        kept = np.repeat(self.chosen, sizes)
        return sizes[self.chosen], *(column[kept] for column in columns)


def _ends_us(sizes: Places, lengths: Numbers) -> tuple[Places, Places]:
    """Say where shots end, one film's after the other's, and where each film begins there."""
    ends_us = np.cumsum(lengths, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    return ends_us, np.concatenate([np.zeros(1, np.int64), ends_us])[starts]


def _film_rows(connection: sa.Connection, numbers: Places, column: str) -> Sequence[Row]:
    return _rows(connection, film_block, numbers, (column,), {})


def _rows(
    connection: sa.Connection,
    table: sa.Table,
    numbers: Places,
    columns: Sequence[str],
    conditions: Mapping[str, int],
) -> Sequence[Row]:
    """Read the rows of some blocks, given by rising numbers: (block, ...), by their numbers."""
    names, rows = ("block", *columns), list[Row]()
    for some in (
        np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1) if len(numbers) else ()
    ):
        between = int(some[0]), int(some[-1])
        rows += bulk.select_between(connection, table, names, conditions, "block", between)
    return sorted(rows)
