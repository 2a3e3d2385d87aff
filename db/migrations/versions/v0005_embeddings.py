"""Embeddings in eight bits (vectors.py), and which backbone's they are."""

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 2_000


def upgrade() -> None:
    """Name the backbone of each model, as far as it is known, and pack embeddings anew."""
    # Empty for the models from before: nothing says which backbone they had.
    op.add_column(
        "model", sa.Column("backbone", sa.String(64), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("model_tag", sa.Column("expert", sa.String(64), nullable=True))
    connection = op.get_bind()
    shot_id, ordinal = -1, -1
    while rows := connection.execute(
        _NEXT, {"shot": shot_id, "ordinal": ordinal, "rows": ROWS_AT_ONCE}
    ).all():
        shot_id, ordinal = rows[-1].shot_id, rows[-1].ordinal
        connection.execute(
            _STORE,
            [
                {"vector": _compact(row.vector), "shot": row.shot_id, "ordinal": row.ordinal}
                for row in rows
            ],
        )


_NEXT = sa.text(
    "SELECT shot_id, ordinal, vector FROM embedding "
    "WHERE shot_id > :shot OR (shot_id = :shot AND ordinal > :ordinal) "
    "ORDER BY shot_id, ordinal LIMIT :rows"
)
_STORE = sa.text(
    "UPDATE embedding SET vector = :vector WHERE shot_id = :shot AND ordinal = :ordinal"
)


def _compact(half: bytes) -> bytes:
    """Pack one float16 vector as vectors.py did when this version was made."""
    vector = np.frombuffer(half, "<f2").astype(np.float32)
    lowest = min(float(vector.min()), 0.0)
    step = np.float32((max(float(vector.max()), 0.0) - np.float32(lowest)) / 255)
    levels = np.rint((vector - np.float32(lowest)) / (step or 1))
    head = np.array([lowest, step], "<f4").tobytes()
    values: bytes = np.clip(levels, 0, 255).astype(np.uint8).tobytes()
    return head + values
