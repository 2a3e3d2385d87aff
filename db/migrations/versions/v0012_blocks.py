"""Blocks of films for searching, in place of a row for each film's tag.

Made from what the shots say, as shelving.py made them when this version was made.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FILMS_A_BLOCK = 32
FILM = np.dtype(
    [
        ("film_id", "<i8"),
        ("run_id", "<i8"),
        ("model_id", "<i8"),
        ("shots", "<u4"),
        ("unseen", "<u4"),
    ]
)


def upgrade() -> None:
    """Write every block, one after the other."""
    _create_tables()
    connection = op.get_bind()
    films = connection.execute(_FILMS).all()
    for number, of_block in itertools.groupby(films, lambda row: row.film_id // FILMS_A_BLOCK):
        runs = list(of_block)
        connection.execute(_INSERT_FILMS, _film_row(connection, number, runs))
        if rows := list(_tag_rows(connection, number, [run.run_id for run in runs])):
            connection.execute(_INSERT_TAG, rows)
    # Until then a run had the name of its decoder, where a library of its own decodes.
    connection.execute(sa.text("UPDATE index_run SET codec = replace(codec, 'libdav1d', 'av1')"))
    op.drop_table("tag_shots")
    op.drop_index("ix_shot_not_looked_at", "shot")


def _create_tables() -> None:
    op.create_table(
        "film_block",
        sa.Column("block", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("films", sa.LargeBinary(), nullable=False),
        sa.Column("unseen", sa.LargeBinary(), nullable=False),
        sa.Column("lengths", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_film_block")),
    )
    op.create_table(
        "tag_block",
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("block", BIG_ID, nullable=False),
        sa.Column("sizes", sa.LargeBinary(), nullable=False),
        sa.Column("ordinals", sa.LargeBinary(), nullable=False),
        sa.Column("probabilities", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_block_tag_id")),
        sa.ForeignKeyConstraint(
            ["block"], ["film_block.block"], name=op.f("fk_tag_block_block"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "block", name=op.f("pk_tag_block")),
        sqlite_with_rowid=False,
    )


_FILMS = sa.text(
    "SELECT film.id AS film_id, index_run.id AS run_id, model_id FROM film"
    " JOIN index_run ON index_run.id = film.current_run_id"
    " WHERE state = 'complete' ORDER BY film.id"
)
_SHOTS = sa.text(
    "SELECT end_us - start_us AS length_us, state FROM shot WHERE run_id = :run ORDER BY ordinal"
)
_TAGS = sa.text("SELECT tag_id, ordinals, probabilities FROM tag_shots WHERE run_id = :run")
_INSERT_FILMS = sa.text(
    "INSERT INTO film_block (block, films, unseen, lengths)"
    " VALUES (:block, :films, :unseen, :lengths)"
)
_INSERT_TAG = sa.text(
    "INSERT INTO tag_block (tag_id, block, sizes, ordinals, probabilities)"
    " VALUES (:tag_id, :block, :sizes, :ordinals, :probabilities)"
)


def _film_row(
    connection: sa.Connection, number: int, runs: list[sa.Row[Any]]
) -> Mapping[str, object]:
    films, unseen, lengths = [], [], []
    for run in runs:
        shots = connection.execute(_SHOTS, {"run": run.run_id}).all()
        dark = [ordinal for ordinal, shot in enumerate(shots) if shot.state == 0]
        films.append((run.film_id, run.run_id, run.model_id, len(shots), len(dark)))
        unseen += dark
        lengths += [shot.length_us for shot in shots]
    return {
        "block": number,
        "films": np.array(films, FILM).tobytes(),
        "unseen": _packed(unseen, "<u2", "<u4"),
        "lengths": _packed(lengths, "<u4", "<u8"),
    }


def _tag_rows(
    connection: sa.Connection, number: int, runs: list[int]
) -> Iterator[Mapping[str, object]]:
    kept: dict[int, dict[int, tuple[list[int], bytes]]] = {}
    for run_id in runs:
        for tag_id, packed, values in connection.execute(_TAGS, {"run": run_id}):
            short = len(packed) == len(values)
            ordinals = np.frombuffer(packed, "<u2" if short else "<u4").tolist()
            kept.setdefault(tag_id, {})[run_id] = ordinals, values
    for tag_id, by_run in sorted(kept.items()):
        parts = [by_run.get(run_id, ([], b"")) for run_id in runs]
        yield {
            "tag_id": tag_id,
            "block": number,
            "sizes": np.array([len(ordinals) for ordinals, _ in parts], "<u4").tobytes(),
            "ordinals": _packed([n for ordinals, _ in parts for n in ordinals], "<u2", "<u4"),
            "probabilities": b"".join(values for _, values in parts),
        }


def _packed(numbers: list[int], short: str, long: str) -> bytes:
    fits = max(numbers, default=0) <= np.iinfo(short).max
    return np.array(numbers, short if fits else long).tobytes()
