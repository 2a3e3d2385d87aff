"""Which frame stands for a shot, and which tags are present there: to choose pictures by."""

import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from . import bulk, models
from .packed_shots import unpack_samples
from .records import Span
from .tables import film, index_run, shot
from .vectors import unpacked

# A film's number, and the shot's place in its current run, from 0.
NumberedShot = tuple[int, int]
# So many in one statement.
_BATCH = 500
_SHOWN = ("run_id", "ordinal", "start_us", "end_us", "samples", "probabilities")


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
    films = {film_id for film_id, _ in places}
    runs = {
        row.id: row
        for row in connection.execute(
            sa.select(film.c.id, film.c.current_run_id, index_run.c.model_id)
            .join(index_run, index_run.c.id == film.c.current_run_id)
            .where(film.c.id.in_(films))
        )
    }
    columns = models.columns_of(connection, {row.model_id for row in runs.values()}, tags)
    of_run = {row.current_run_id: row for row in runs.values()}
    wanted = [(runs[film_id].current_run_id, n) for film_id, n in places if film_id in runs]
    rows = bulk.select_numbered(connection, shot, _SHOWN, ("run_id", "ordinal"), wanted)
    found = {}
    for run_id, ordinal, start_us, end_us, samples, probabilities in rows:
        of = of_run[run_id]
        at_us = _at_us(Span(start_us, end_us), samples)
        present = _present(probabilities, columns[of.model_id])
        found[of.id, ordinal] = Still(of.id, at_us, present)
    return found


def _at_us(of: Span, samples: bytes) -> int:
    middle_us = (of.start_us + of.end_us) // 2
    return next((one.time_us for one in unpack_samples(of.start_us, samples)), middle_us)


def _present(probabilities: bytes | None, columns: Sequence[models.Column]) -> tuple[str, ...]:
    """Name the tags that a shot has, the most probable first."""
    if probabilities is None:
        return ()
    values = unpacked(probabilities)
    found = [(-values[at], name) for name, at, threshold in columns if values[at] >= threshold]
    return tuple(name for _, name in sorted(found))
