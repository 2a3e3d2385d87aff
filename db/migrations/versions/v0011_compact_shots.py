"""Compact shots: keyed by run and ordinal, samples in the shot's row, embeddings in blocks.

What search reads is one row for a run's tag in place of one for a shot's.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = ("not_looked_at", "looked_at", "low_information", "blank")
FLOOR = 0.05
BLOCK_SHOTS = 128


def upgrade() -> None:
    """Write every run's shots anew, one run after the other."""
    connection = op.get_bind()
    # Copied first, for the names of keys are the new tables' too; children go before parents.
    for table, keys in _OLD.items():
        copied = f"CREATE TABLE old_{table} AS SELECT * FROM {table}"  # noqa: S608  our own names
        connection.execute(sa.text(copied))
        op.create_index(f"ix_old_{table}", f"old_{table}", keys)
    for table in ("shot_tag", *_OLD):
        op.drop_table(table)
    _create_tables()
    runs = connection.execute(sa.text("SELECT id, model_id, state FROM index_run ORDER BY id"))
    for run_id, model_id, state in runs.all():
        shots = connection.execute(_SHOTS, {"run": run_id}).all()
        samples = _grouped(connection.execute(_SAMPLES, {"run": run_id}))
        _insert(connection, _INSERT_SHOT, [_shot(run_id, row, samples) for row in shots])
        connection.execute(_INSERT_TRANSITIONS, {"run": run_id})
        _insert(connection, _INSERT_BLOCK, list(_blocks(connection, run_id)))
        if state == "complete":
            tags = connection.execute(_TAGS, {"model": model_id}).all()
            _insert(connection, _INSERT_TAG, list(_tag_shots(run_id, tags, shots)))
    for table in _OLD:
        op.drop_table(f"old_{table}")


_OLD = {
    "embedding": ["shot_id", "ordinal"],
    "sample": ["shot_id", "ordinal"],
    "transition": ["shot_id"],
    "shot": ["run_id", "ordinal"],
}


def _create_tables() -> None:
    op.create_table(
        "shot",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("early_us", sa.BigInteger(), nullable=False),
        sa.Column("late_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("samples", sa.LargeBinary(), nullable=False),
        sa.Column("probabilities", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state BETWEEN 0 AND 3", name=op.f("ck_shot_state")),
        sa.CheckConstraint("0 <= start_us AND start_us < end_us", name=op.f("ck_shot_span")),
        sa.CheckConstraint(
            "early_us BETWEEN 0 AND start_us AND late_us >= 0", name=op.f("ck_shot_bracket")
        ),
        sa.CheckConstraint("(probabilities IS NULL) = (state = 0)", name=op.f("ck_shot_looked_at")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["index_run.id"], name=op.f("fk_shot_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "ordinal", name=op.f("pk_shot")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_shot_not_looked_at",
        "shot",
        ["state", "run_id"],
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_table(
        "transition",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('dissolve', 'fade', 'wipe')", name=op.f("ck_transition_kind")),
        sa.CheckConstraint("0 <= first_us AND first_us < last_us", name=op.f("ck_transition_span")),
        sa.ForeignKeyConstraint(
            ["run_id", "ordinal"],
            ["shot.run_id", "shot.ordinal"],
            name=op.f("fk_transition_run_id_ordinal"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "ordinal", name=op.f("pk_transition")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "embedding_block",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("owners", sa.LargeBinary(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["index_run.id"], name=op.f("fk_embedding_block_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "first", name=op.f("pk_embedding_block")),
    )
    op.create_table(
        "tag_shots",
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("ordinals", sa.LargeBinary(), nullable=False),
        sa.Column("probabilities", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_shots_tag_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["index_run.id"], name=op.f("fk_tag_shots_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "run_id", name=op.f("pk_tag_shots")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tag_shots_run_id"), "tag_shots", ["run_id"])


_SHOTS = sa.text("SELECT * FROM old_shot WHERE run_id = :run ORDER BY ordinal")
_SAMPLES = sa.text(
    "SELECT old_sample.shot_id, time_us, old_sample.state FROM old_shot"
    " JOIN old_sample ON old_sample.shot_id = old_shot.id"
    " WHERE run_id = :run ORDER BY old_shot.ordinal, old_sample.ordinal"
)
_EMBEDDINGS = sa.text(
    "SELECT old_shot.ordinal, vector FROM old_shot"
    " JOIN old_embedding ON old_embedding.shot_id = old_shot.id"
    " WHERE run_id = :run ORDER BY old_shot.ordinal, old_embedding.ordinal"
)
_TAGS = sa.text("SELECT tag_id, threshold FROM model_tag WHERE model_id = :model ORDER BY ordinal")
_INSERT_SHOT = sa.text(
    "INSERT INTO shot (run_id, ordinal, start_us, end_us, early_us, late_us, state, samples,"
    " probabilities) VALUES (:run_id, :ordinal, :start_us, :end_us, :early_us, :late_us, :state,"
    " :samples, :probabilities)"
)
_INSERT_TRANSITIONS = sa.text(
    "INSERT INTO transition (run_id, ordinal, kind, first_us, last_us)"
    " SELECT run_id, ordinal, kind, first_us, last_us FROM old_shot"
    " JOIN old_transition ON old_transition.shot_id = old_shot.id WHERE run_id = :run"
)
_INSERT_BLOCK = sa.text(
    "INSERT INTO embedding_block (run_id, first, owners, vectors)"
    " VALUES (:run_id, :first, :owners, :vectors)"
)
_INSERT_TAG = sa.text(
    "INSERT INTO tag_shots (run_id, tag_id, ordinals, probabilities)"
    " VALUES (:run_id, :tag_id, :ordinals, :probabilities)"
)
_Row = dict[str, object]


def _insert(connection: sa.Connection, statement: sa.TextClause, rows: list[_Row]) -> None:
    if rows:
        connection.execute(statement, rows)


def _grouped(rows: Any) -> dict[int, list[tuple[int, int]]]:
    """Gather each shot's samples: time, and number of state."""
    found: dict[int, list[tuple[int, int]]] = {}
    for shot_id, time_us, state in rows:
        found.setdefault(shot_id, []).append((time_us, STATES.index(state)))
    return found


def _shot(run_id: int, row: sa.Row[Any], samples: dict[int, list[tuple[int, int]]]) -> _Row:
    return {
        "run_id": run_id,
        "ordinal": row.ordinal,
        "start_us": row.start_us,
        "end_us": row.end_us,
        "early_us": row.start_us - row.lo_us,
        "late_us": row.hi_us - row.start_us,
        "state": STATES.index(row.state),
        "samples": _packed(row.start_us, samples.get(row.id, [])),
        "probabilities": row.probabilities,
    }


def _packed(at_us: int, samples: list[tuple[int, int]]) -> bytes:
    """Pack a shot's samples as packed_shots.py did when this version was made."""
    data = bytearray()
    for time_us, state in samples:
        number, at_us = len(STATES) * (time_us - at_us) + state, time_us
        while number >= 0x80:
            data.append(number & 0x7F | 0x80)
            number >>= 7
        data.append(number)
    return bytes(data)


def _blocks(connection: sa.Connection, run_id: int) -> Iterator[_Row]:
    rows = connection.execute(_EMBEDDINGS, {"run": run_id})
    for _, some in itertools.groupby(rows, lambda row: row.ordinal // BLOCK_SHOTS):
        block = list(some)
        first = block[0].ordinal
        yield {
            "run_id": run_id,
            "first": first,
            "owners": np.array([row.ordinal - first for row in block], "<u4").tobytes(),
            "vectors": b"".join(row.vector for row in block),
        }


def _tag_shots(
    run_id: int, tags: Sequence[sa.Row[Any]], shots: Sequence[sa.Row[Any]]
) -> Iterator[_Row]:
    seen = [row for row in shots if row.probabilities is not None]
    ordinals = np.array([row.ordinal for row in seen], "<u4")
    data = b"".join(row.probabilities for row in seen)
    vectors = np.frombuffer(data, "<f2").reshape(len(seen), len(tags))
    for column, row in enumerate(tags):
        tag_id, threshold = row.tag_id, row.threshold
        if threshold is None:
            continue
        kept = vectors[:, column].astype(float) >= min(FLOOR, threshold)
        if kept.any():
            short = ordinals[kept].max() < 1 << 16
            yield {
                "run_id": run_id,
                "tag_id": tag_id,
                "ordinals": ordinals[kept].astype("<u2" if short else "<u4").tobytes(),
                "probabilities": vectors[kept, column].tobytes(),
            }
