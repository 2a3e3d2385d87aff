"""The mean embedding of each run, by which whole films are compared."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RUNS = sa.text("SELECT id FROM index_run WHERE state = 'complete'")
_VECTORS = sa.text(
    "SELECT vector FROM embedding JOIN shot ON shot.id = embedding.shot_id WHERE shot.run_id = :run"
)
_STORE = sa.text("INSERT INTO run_embedding (run_id, vector) VALUES (:run, :vector)")


def upgrade() -> None:
    """Add the table, and fill it for complete runs."""
    op.create_table(
        "run_embedding",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["index_run.id"],
            name=op.f("fk_run_embedding_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_embedding")),
    )
    connection = op.get_bind()
    for run in connection.execute(_RUNS).scalars().all():
        stored = connection.execute(_VECTORS, {"run": run}).scalars().all()
        if stored:
            connection.execute(_STORE, {"run": run, "vector": _mean(stored)})


def _mean(stored: Sequence[bytes]) -> bytes:
    """Return the mean of embeddings of version 0005, packed as they are."""
    table = np.frombuffer(b"".join(stored), np.uint8).reshape(len(stored), -1)
    ranges = np.ascontiguousarray(table[:, :8]).view("<f4")
    mean = (table[:, 8:] * ranges[:, 1:] + ranges[:, :1]).mean(axis=0).astype("<f2").astype("<f4")
    lowest = min(float(mean.min()), 0.0)
    step = np.float32((max(float(mean.max()), 0.0) - np.float32(lowest)) / 255)
    levels = np.rint((mean - np.float32(lowest)) / (step or 1))
    head = np.array([lowest, step], "<f4").tobytes()
    values: bytes = np.clip(levels, 0, 255).astype(np.uint8).tobytes()
    return head + values
