"""A library as Parquet files, for whoever computes with it: films, their tags, shots, their tags.

The only file that knows pyarrow. Rows are streamed, so that memory does not grow with the library.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from .block_reading import BlockReader, all_films, parts
from .blocks import FILMS_A_BLOCK
from .packed_shots import STATES
from .tables import (
    film,
    film_tag,
    index_run,
    location,
    model,
    model_tag,
    shot,
    tag,
    transition,
)

ROWS_AT_ONCE = 50_000

_CURRENT = film.join(index_run, index_run.c.id == film.c.current_run_id)
_SHOTS = _CURRENT.join(shot, shot.c.run_id == index_run.c.id)
_PATH = (
    sa.select(sa.func.min(location.c.path_shown))
    .where(location.c.film_id == film.c.id)
    .scalar_subquery()
)
_AT_SHOT = sa.and_(transition.c.run_id == shot.c.run_id, transition.c.ordinal == shot.c.ordinal)
_STATE = sa.case({n: state.value for n, state in enumerate(STATES)}, value=shot.c.state)
_STAMP = pa.timestamp("us", tz="UTC")


Rows = Iterable[Sequence[object]]


def _shot_tags(connection: sa.Connection) -> Rows:
    """Yield what is kept of shots' tags, by film, shot and tag; a block of films at a time."""
    reported = sa.select(model_tag.c.model_id, tag.c.id, tag.c.name, model_tag.c.threshold)
    reported = reported.join(tag, tag.c.id == model_tag.c.tag_id).order_by(tag.c.name)
    tags = connection.execute(reported.where(model_tag.c.threshold.is_not(None))).all()
    every = all_films(connection)
    for films in parts(every, FILMS_A_BLOCK):
        reader = BlockReader.of(connection, every, films)
        rows: list[tuple[int, int, str, float, bool]] = []
        for one in tags:
            sizes, ordinals, values = reader.tag(one.id)
            of_model = np.repeat(films["model_id"] == one.model_id, sizes)
            ids, values = np.repeat(films["film_id"], sizes)[of_model], values[of_model]
            numbers = ordinals[of_model].astype(np.int64) + 1
            probabilities = values.astype(np.float64)
            columns = (ids, numbers, probabilities, probabilities >= one.threshold)
            rows += [
                (film_id, number, one.name, probability, present)
                for film_id, number, probability, present in zip(
                    *(column.tolist() for column in columns), strict=True
                )
            ]
        yield from sorted(rows, key=itemgetter(0, 1, 2))


# File by file: its columns' types, and the question whose answers are its rows. Times are whole
# microseconds from a film's first frame; `shot` counts from 1, as everywhere else.
TABLES: Mapping[
    str, tuple[pa.Schema, sa.Select[tuple[object, ...]] | Callable[[sa.Connection], Rows]]
] = MappingProxyType(
    {
        "films": (
            pa.schema(
                [
                    ("film_id", pa.int64()),
                    ("fingerprint", pa.string()),
                    ("title", pa.string()),
                    ("path", pa.string()),
                    ("size", pa.int64()),
                    ("duration_us", pa.int64()),
                    ("width", pa.int32()),
                    ("height", pa.int32()),
                    ("codec", pa.string()),
                    ("frame_rate", pa.float64()),
                    ("shots", pa.int32()),
                    ("precision", pa.string()),
                    ("model", pa.string()),
                    ("model_digest", pa.string()),
                    ("indexed", _STAMP),
                ]
            ),
            sa.select(
                film.c.id,
                film.c.fingerprint,
                film.c.title,
                _PATH,
                film.c.size,
                index_run.c.duration_us,
                index_run.c.width,
                index_run.c.height,
                index_run.c.codec,
                index_run.c.frame_rate,
                index_run.c.shots,
                index_run.c.precision,
                model.c.name,
                model.c.digest,
                index_run.c.finished_us,
            )
            .select_from(_CURRENT.join(model, model.c.id == index_run.c.model_id))
            .order_by(film.c.id),
        ),
        "film_tags": (
            pa.schema(
                [
                    ("film_id", pa.int64()),
                    ("tag", pa.dictionary(pa.int16(), pa.string())),
                    ("relevance", pa.float64()),
                    ("weight", pa.float64()),
                    ("seconds", pa.float64()),
                    ("coverage", pa.float64()),
                    ("peak", pa.float64()),
                    ("present", pa.bool_()),
                ]
            ),
            sa.select(
                film.c.id,
                tag.c.name,
                film_tag.c.relevance,
                film_tag.c.weight,
                film_tag.c.seconds,
                film_tag.c.coverage,
                film_tag.c.peak,
                film_tag.c.present,
            )
            .select_from(
                _CURRENT.join(film_tag, film_tag.c.run_id == index_run.c.id).join(
                    tag, tag.c.id == film_tag.c.tag_id
                )
            )
            .order_by(film.c.id, film_tag.c.relevance.desc(), tag.c.name),
        ),
        "shots": (
            pa.schema(
                [
                    ("film_id", pa.int64()),
                    ("shot", pa.int32()),
                    ("start_us", pa.int64()),
                    ("end_us", pa.int64()),
                    ("begins_lo_us", pa.int64()),
                    ("begins_hi_us", pa.int64()),
                    ("state", pa.dictionary(pa.int8(), pa.string())),
                    ("transition", pa.dictionary(pa.int8(), pa.string())),
                ]
            ),
            sa.select(
                film.c.id,
                shot.c.ordinal + 1,
                shot.c.start_us,
                shot.c.end_us,
                shot.c.start_us - shot.c.early_us,
                shot.c.start_us + shot.c.late_us,
                _STATE,
                transition.c.kind,
            )
            .select_from(_SHOTS.outerjoin(transition, _AT_SHOT))
            .order_by(film.c.id, shot.c.ordinal),
        ),
        "shot_tags": (
            pa.schema(
                [
                    ("film_id", pa.int64()),
                    ("shot", pa.int32()),
                    ("tag", pa.dictionary(pa.int16(), pa.string())),
                    ("probability", pa.float32()),
                    ("present", pa.bool_()),
                ]
            ),
            _shot_tags,
        ),
    }
)


def export(
    connection: sa.Connection, folder: Path, tell: Callable[[str, int], None]
) -> dict[str, int]:
    """Write `NAME.parquet` for each of TABLES into `folder`; return how many rows each has.

    tell: is told a table's name and how many of its rows are written. Raises OSError.
    """
    return {
        name: _write(
            asked(connection) if callable(asked) else _answers(connection, asked),
            schema,
            folder / f"{name}.parquet",
            name,
            tell,
        )
        for name, (schema, asked) in TABLES.items()
    }


def _write(
    rows: Rows, schema: pa.Schema, path: Path, name: str, tell: Callable[[str, int], None]
) -> int:
    written, found = 0, iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(itertools.islice(found, ROWS_AT_ONCE)):
            columns = zip(*some, strict=True)
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            written += len(some)
            tell(name, written)
    return written


def _answers(connection: sa.Connection, asked: sa.Select[tuple[object, ...]]) -> Rows:
    return connection.execute(asked, execution_options={"yield_per": ROWS_AT_ONCE})
