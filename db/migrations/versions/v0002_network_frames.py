"""How many frames the network for cuts was shown; runs from before it existed showed it none."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to the runs."""
    op.add_column(
        "index_run",
        sa.Column("network_frames", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
