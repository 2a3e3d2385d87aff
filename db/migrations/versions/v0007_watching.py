"""Watching: files that are missing, jobs with leases and priorities, runs that can be resumed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the daemon keeps."""
    op.add_column("location", sa.Column("missing_us", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("index_run", table_kwargs={"sqlite_autoincrement": True}) as run:
        run.add_column(sa.Column("tally", sa.Text(), nullable=True))
        run.create_check_constraint(
            op.f("ck_index_run_tally"), "tally IS NULL OR state = 'building'"
        )
    _add_to_job()
    op.create_table(
        "daemon",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_daemon"),
    )
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_pause_only")),
        sa.PrimaryKeyConstraint("id", name="pk_pause"),
    )


def _add_to_job() -> None:
    for name in ("priority", "deaths", "setbacks"):
        op.add_column("job", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "job", sa.Column("not_before_us", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("job", sa.Column("lease_us", sa.BigInteger(), nullable=True))
    op.execute("UPDATE job SET lease_us = 0 WHERE state = 'running'")
    with op.batch_alter_table("job") as job:
        job.drop_constraint(op.f("ck_job_reason"), type_="check")
        job.drop_constraint(op.f("ck_job_error_kind"), type_="check")
        job.create_check_constraint(
            op.f("ck_job_reason"), "state = 'queued' OR (reason IS NULL) = (state != 'failed')"
        )
        job.create_check_constraint(
            op.f("ck_job_error_kind"),
            "state = 'queued' OR (error_kind IS NULL) = (state != 'failed')",
        )
        job.create_check_constraint(
            op.f("ck_job_lease"), "(lease_us IS NULL) = (state != 'running')"
        )
