"""Which frame stands for a shot, and which tags are present there: to choose pictures by."""

import bisect
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from .tables import film, sample, shot, shot_tag, tag

# A film's number, and the shot's place in its current run, from 0.
NumberedShot = tuple[int, int]
# Each place is two values of a statement; SQLite takes 32,766.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Still:
    """A frame of a film at `at_us`; `tags` are those asked for that its shot has."""

    film_id: int
    at_us: int
    tags: tuple[str, ...]


def of_shots(
    connection: sa.Connection, places: Iterable[NumberedShot], tags: Collection[str]
) -> dict[NumberedShot, Still]:
    """Return for each shot the first frame that was looked at, or its middle if none was."""
    wanted = list(dict.fromkeys(places))
    found: dict[NumberedShot, Still] = {}
    for start in range(0, len(wanted), _BATCH):
        found |= _some(connection, wanted[start : start + _BATCH], tags)
    return found


def posters(
    connection: sa.Connection, shots: Mapping[int, int], most: int, tags: Collection[str]
) -> dict[int, tuple[Still, ...]]:
    """Return up to `most` frames of each film, evenly from its `shots` (how many it has)."""
    places = {film_id: _spread(count, most) for film_id, count in shots.items()}
    found = of_shots(
        connection, [(film_id, n) for film_id, some in places.items() for n in some], tags
    )
    return {
        film_id: tuple(found[film_id, n] for n in some if (film_id, n) in found)
        for film_id, some in places.items()
    }


def at(
    connection: sa.Connection, film_id: int, times_us: Sequence[int], tags: Collection[str]
) -> tuple[Still, ...]:
    """Return the frames at these times, each with what its shot has."""
    query = (
        sa.select(shot.c.start_us)
        .join(film, film.c.current_run_id == shot.c.run_id)
        .where(film.c.id == film_id)
        .order_by(shot.c.ordinal)
    )
    starts_us = connection.scalars(query).all()
    numbers = [max(0, bisect.bisect_right(starts_us, time_us) - 1) for time_us in times_us]
    found = of_shots(connection, [(film_id, n) for n in numbers], tags)
    return tuple(
        Still(film_id, time_us, found[film_id, n].tags)
        for n, time_us in zip(numbers, times_us, strict=True)
        if (film_id, n) in found
    )


def _spread(count: int, most: int) -> list[int]:
    """Pick up to `most` of `count` numbers, each from the middle of an equal part."""
    some = min(count, most)
    return [(2 * n + 1) * count // (2 * some) for n in range(some)]


def _some(
    connection: sa.Connection, places: Sequence[NumberedShot], tags: Collection[str]
) -> dict[NumberedShot, Still]:
    # Joined, and not looked for among pairs: SQLite then finds each by its index.
    pair = (sa.column("film_id", sa.BigInteger), sa.column("ordinal", sa.Integer))
    wanted = sa.values(*pair, name="wanted").data(list(places)).cte()
    middle_us = (shot.c.start_us + shot.c.end_us) // 2
    first = sa.and_(sample.c.shot_id == shot.c.id, sample.c.ordinal == 0)
    rows = connection.execute(
        sa.select(
            wanted.c.film_id,
            wanted.c.ordinal,
            shot.c.id.label("shot_id"),
            sa.func.coalesce(sample.c.time_us, middle_us).label("at_us"),
        )
        .select_from(wanted)
        .join(film, film.c.id == wanted.c.film_id)
        .join(
            shot,
            sa.and_(shot.c.run_id == film.c.current_run_id, shot.c.ordinal == wanted.c.ordinal),
        )
        .join(sample, first, isouter=True)
    ).all()
    present = _present(connection, [row.shot_id for row in rows], tags)
    return {
        (row.film_id, row.ordinal): Still(row.film_id, row.at_us, tuple(present[row.shot_id]))
        for row in rows
    }


def _present(
    connection: sa.Connection, shot_ids: Sequence[int], tags: Collection[str]
) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    query = (
        sa.select(shot_tag.c.shot_id, tag.c.name)
        .join(tag, tag.c.id == shot_tag.c.tag_id)
        .where(shot_tag.c.shot_id.in_(shot_ids), shot_tag.c.present.is_(True), tag.c.name.in_(tags))
        .order_by(shot_tag.c.probability.desc(), tag.c.name)
    )
    for shot_id, name in connection.execute(query):
        found[shot_id].append(name)
    return found
