"""A library as Parquet files, for whoever computes with it: films, their tags, shots, their tags.

The only file that knows pyarrow. Rows are streamed, so that memory does not grow with the library.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

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
    tag_shots,
    transition,
)
from .tag_shots import unpacked

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
_OF_MODEL = sa.and_(
    model_tag.c.model_id == index_run.c.model_id, model_tag.c.tag_id == tag_shots.c.tag_id
)
_STAMP = pa.timestamp("us", tz="UTC")


# File by file: its columns' types, and the question whose answers are its rows. Times are whole
# microseconds from a film's first frame; `shot` counts from 1, as everywhere else.
TABLES: Mapping[str, tuple[pa.Schema, sa.Select[tuple[object, ...]]]] = MappingProxyType(
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
            sa.select(
                film.c.id,
                tag_shots.c.ordinals,
                tag.c.name,
                tag_shots.c.probabilities,
                model_tag.c.threshold,
            )
            .select_from(
                _CURRENT.join(tag_shots, tag_shots.c.run_id == index_run.c.id)
                .join(tag, tag.c.id == tag_shots.c.tag_id)
                .join(model_tag, _OF_MODEL)
            )
            .order_by(film.c.id, tag.c.name),
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
        name: _write(connection, statement, schema, folder / f"{name}.parquet", name, tell)
        for name, (schema, statement) in TABLES.items()
    }


def _write(
    connection: sa.Connection,
    statement: sa.Select[tuple[object, ...]],
    schema: pa.Schema,
    path: Path,
    name: str,
    tell: Callable[[str, int], None],
) -> int:
    written = 0
    streaming = {"yield_per": ROWS_AT_ONCE}
    read = connection.execute(statement, execution_options=streaming)
    found: Iterator[Sequence[object]] = _shot_by_shot(read) if name == "shot_tags" else iter(read)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while rows := list(itertools.islice(found, ROWS_AT_ONCE)):
            columns = zip(*rows, strict=True)
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            written += len(rows)
            tell(name, written)
    return written


def _shot_by_shot(found: Iterable[Any]) -> Iterator[Sequence[object]]:
    """Take apart what a film keeps of each tag: a row for each shot and tag, in this order."""
    for film_id, of_film in itertools.groupby(found, lambda row: row.id):
        rows = [
            (film_id, ordinal + 1, row.name, probability, probability >= row.threshold)
            for row in of_film
            for _, ordinals, values in [unpacked([(row.ordinals, row.probabilities)])]
            for ordinal, probability in zip(ordinals.tolist(), values.tolist(), strict=True)
        ]
        yield from sorted(rows, key=lambda row: row[1:3])
