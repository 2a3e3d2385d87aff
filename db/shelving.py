"""Films are put into blocks, and taken out of them, as their current runs change.

In the transaction in which the run changes: a search sees both or neither. Whoever writes holds the
block's row, so that several may write beside each other on a server.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from . import bulk, models
from .blocks import (
    FILM,
    FILMS_A_BLOCK,
    SIZE,
    Block,
    Shelved,
    TagPart,
    kept_from,
    packed_lengths,
    packed_ordinals,
    unpacked_lengths,
    unpacked_ordinals,
)
from .shots import strip
from .tables import film, film_block, index_run, tag, tag_block
from .vectors import HALF

_TAG_COLUMNS = ("tag_id", "block", "sizes", "ordinals", "probabilities")


def shelve(connection: sa.Connection, film_id: int) -> None:
    """Have search find what a film's current run says; nothing if it has no complete one."""
    new = _read(connection, film_id)
    if new is None:
        remove(connection, film_id)
        return
    old = _held(connection, film_id)
    _write(connection, film_id, old, old.with_film(new))


def remove(connection: sa.Connection, film_id: int) -> None:
    """Have search find nothing of a film."""
    old = _block(connection, film_id // FILMS_A_BLOCK, lock=True)
    left = old.without(film_id)
    if left is not old:
        _write(connection, film_id, old, left)


def faults(connection: sa.Connection) -> Iterator[str]:
    """Say, a line each, where blocks hold something else than the shots of films say."""
    of_films = connection.execute(sa.select(film.c.id).order_by(film.c.id)).scalars().all()
    numbers = {film_id // FILMS_A_BLOCK for film_id in of_films}
    numbers |= set(connection.execute(sa.select(film_block.c.block)).scalars())
    for number in sorted(numbers):
        first, end = number * FILMS_A_BLOCK, (number + 1) * FILMS_A_BLOCK
        expected = Block.empty()
        for film_id in of_films[bisect_left(of_films, first) : bisect_left(of_films, end)]:
            if (new := _read(connection, film_id)) is not None:
                expected = expected.with_film(new)
        try:
            held = _block(connection, number, lock=False)
        except ValueError as error:
            yield f"films {first} to {end - 1}: what search reads of them is damaged: {error}"
            continue
        if _rows(number, held) != _rows(number, expected):
            yield f"films {first} to {end - 1}: search reads something else than their shots say"


def _rows(number: int, block: Block) -> object:
    return _film_values(block), list(_tag_rows(number, block.tags))


def _block(connection: sa.Connection, number: int, *, lock: bool) -> Block:
    """Read a block by its number; lock: nobody else changes it before this transaction ends."""
    wanted = sa.select(film_block).where(film_block.c.block == number)
    wanted = wanted.with_for_update() if lock else wanted
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return Block.empty()
    films = np.frombuffer(row.films, FILM)
    shots, unseen = (int(films[name].sum()) for name in ("shots", "unseen"))
    return Block(
        films,
        unpacked_lengths([row.lengths], [shots]).astype(np.int64),
        unpacked_ordinals([row.unseen], [unseen]).astype(np.int64),
        dict(_parts(connection, number)),
    )


def _parts(connection: sa.Connection, number: int) -> Iterator[tuple[int, TagPart]]:
    # By each tag, for a block's rows lie far apart, one among all rows of its tag.
    known = sa.select(tag.c.id)
    rows = sa.select(tag_block).where(tag_block.c.tag_id.in_(known), tag_block.c.block == number)
    for row in connection.execute(rows):
        values = np.frombuffer(row.probabilities, HALF)
        ordinals = unpacked_ordinals([row.ordinals], [len(values)]).astype(np.int64)
        sizes = np.frombuffer(row.sizes, SIZE).astype(np.int64)
        yield row.tag_id, TagPart(sizes, ordinals, values)


def _held(connection: sa.Connection, film_id: int) -> Block:
    """Read a film's block, of which at least the row is there: who comes after waits for it."""
    number = film_id // FILMS_A_BLOCK
    empty = {"block": number, "films": b"", "unseen": b"", "lengths": b""}
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(film_block).values(empty).on_conflict_do_nothing())
    return _block(connection, number, lock=True)


def _write(connection: sa.Connection, film_id: int, old: Block, new: Block) -> None:
    number = film_id // FILMS_A_BLOCK
    this = film_block.c.block == number
    parts = tag_block.c.tag_id.in_(list(old.tags)), tag_block.c.block == number
    connection.execute(sa.delete(tag_block).where(*parts))
    connection.execute(sa.update(film_block).where(this).values(_film_values(new)))
    bulk.insert(connection, tag_block, _TAG_COLUMNS, _tag_rows(number, new.tags))


def _film_values(block: Block) -> Mapping[str, bytes]:
    return {
        "films": block.films.tobytes(),
        "unseen": packed_ordinals(block.unseen),
        "lengths": packed_lengths(block.lengths_us),
    }


def _tag_rows(number: int, parts: Mapping[int, TagPart]) -> Iterator[Sequence[object]]:
    for tag_id, part in sorted(parts.items()):
        sizes, values = part.sizes.astype(SIZE).tobytes(), part.probabilities.tobytes()
        yield tag_id, number, sizes, packed_ordinals(part.ordinals), values


def _read(connection: sa.Connection, film_id: int) -> Shelved | None:
    """Read of a film's current run what is kept for searching; None if it has no complete one."""
    run = connection.execute(
        sa.select(index_run.c.id, index_run.c.model_id)
        .join(film, film.c.current_run_id == index_run.c.id)
        .where(film.c.id == film_id, index_run.c.state == "complete")
    ).one_or_none()
    if run is None:
        return None
    facts = models.read(connection, run.model_id)
    found = strip(connection, run.id, len(facts.tags))
    # What was not looked at has no number, and so is over none.
    kept = found.probabilities >= kept_from([one.threshold for one in facts.tags])
    ids = models.tag_ids(connection, run.model_id)
    tags = {
        ids[n]: (np.flatnonzero(kept[:, n]), found.probabilities[kept[:, n], n].astype(HALF))
        for n in np.flatnonzero(kept.any(axis=0)).tolist()
    }
    unseen = np.flatnonzero(~found.looked_at)
    return Shelved(film_id, run.id, run.model_id, found.lengths_us, unseen, tags)
