"""Recalls: which threshold of a tag found which share of the pictures that it was measured on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; models that are registered have none until they are registered anew."""
    op.add_column(
        "model_tag",
        sa.Column("recalls", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
    )
