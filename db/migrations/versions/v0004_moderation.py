"""Moderation: reviews, the audit chain, and finding what was not looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of reviews and of the audit, which SQLite itself then keeps append-only."""
    op.create_table(
        "review",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("film_id", BIG_ID, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("asked_start_us", sa.BigInteger(), nullable=False),
        sa.Column("asked_end_us", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("ruled_start_us", sa.BigInteger(), nullable=False),
        sa.Column("ruled_end_us", sa.BigInteger(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('accept', 'reject', 'adjust', 'unsure')", name=op.f("ck_review_decision")
        ),
        sa.CheckConstraint(
            "0 <= asked_start_us AND asked_start_us < asked_end_us", name=op.f("ck_review_asked")
        ),
        sa.CheckConstraint(
            "0 <= ruled_start_us AND ruled_start_us < ruled_end_us", name=op.f("ck_review_ruled")
        ),
        sa.CheckConstraint("reviewer != '' AND tag != ''", name=op.f("ck_review_named")),
        sa.ForeignKeyConstraint(["film_id"], ["film.id"], name="fk_review_film_id"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_review_film_id", "review", ["film_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('verdict', 'review', 'policy', 'model', 'output')",
            name=op.f("ck_audit_kind"),
        ),
        sa.CheckConstraint("id >= 1", name=op.f("ck_audit_id")),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_kind_subject", "audit", ["kind", "subject"], unique=False)
    op.create_index(
        "ix_shot_not_looked_at",
        "shot",
        ["run_id"],
        unique=False,
        sqlite_where=sa.text("state = 'not_looked_at'"),
        postgresql_where=sa.text("state = 'not_looked_at'"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_refuses_{event.lower()} BEFORE {event} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
