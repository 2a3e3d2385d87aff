"""Persons who use the page, and reviews that were taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "withdrawal",
        sa.Column("review_id", number, nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reviewer != ''", name=op.f("ck_withdrawal_named")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_withdrawal_review_id_review")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_withdrawal")),
    )
    op.create_table(
        "person",
        sa.Column("id", number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("token_digest", sa.String(64), nullable=True),
        sa.Column("added_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role IN ('reader', 'reviewer', 'administrator')", name=op.f("ck_person_role")
        ),
        sa.CheckConstraint("name != ''", name=op.f("ck_person_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_person_token_digest")),
    )
