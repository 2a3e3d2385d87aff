"""The foundation: films, locations, models, runs, shots, tags, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# op.f: this is the whole name; without it Alembic puts the naming convention of tables.py around
# a CHECK's name once more.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table of the first version."""
    op.create_table(
        "film",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_folded", sa.Text(), nullable=False),
        sa.Column("added_us", sa.BigInteger(), nullable=False),
        sa.Column("current_run_id", BIG_ID, nullable=True),
        sa.CheckConstraint("size >= 0", name=op.f("ck_film_size")),
        sa.ForeignKeyConstraint(
            ["current_run_id"],
            ["index_run.id"],
            name="fk_film_current_run_id",
            ondelete="SET NULL",
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_film"),
        sa.UniqueConstraint("fingerprint", name="uq_film_fingerprint"),
    )
    op.create_table(
        "model",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model"),
        sa.UniqueConstraint("digest", name="uq_model_digest"),
    )
    op.create_table(
        "tag",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("tag_group", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("name", name="uq_tag_name"),
    )
    op.create_table(
        "index_run",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("film_id", BIG_ID, nullable=False),
        sa.Column("model_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("precision", sa.String(length=16), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("program_version", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("finished_us", sa.BigInteger(), nullable=True),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("frame_rate", sa.Float(precision=53), nullable=False),
        sa.Column("container_offset_us", sa.BigInteger(), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("decode_errors", sa.BigInteger(), nullable=False),
        sa.Column("shots", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(finished_us IS NULL) = (state = 'building')", name=op.f("ck_index_run_finished")
        ),
        sa.CheckConstraint(
            "precision IN ('exact', 'keyframes')", name=op.f("ck_index_run_precision")
        ),
        sa.CheckConstraint("state IN ('building', 'complete')", name=op.f("ck_index_run_state")),
        sa.ForeignKeyConstraint(
            ["film_id"], ["film.id"], name="fk_index_run_film_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name="fk_index_run_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_index_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_index_run_film_id", "index_run", ["film_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("film_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(error_kind IS NULL) = (state != 'failed')", name=op.f("ck_job_error_kind")
        ),
        sa.CheckConstraint("(owner IS NULL) = (state != 'running')", name=op.f("ck_job_owner")),
        sa.CheckConstraint("(reason IS NULL) = (state != 'failed')", name=op.f("ck_job_reason")),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'indexed', 'failed')", name=op.f("ck_job_state")
        ),
        sa.ForeignKeyConstraint(
            ["film_id"], ["film.id"], name="fk_job_film_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("film_id", name="pk_job"),
    )
    op.create_table(
        "location",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("film_id", BIG_ID, nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("path_shown", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["film_id"], ["film.id"], name="fk_location_film_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_location"),
        sa.UniqueConstraint("path", name="uq_location_path"),
    )
    op.create_index("ix_location_film_id", "location", ["film_id"], unique=False)
    op.create_table(
        "model_tag",
        sa.Column("model_id", BIG_ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("threshold", sa.Float(precision=53), nullable=True),
        sa.CheckConstraint(
            "(threshold IS NULL) = (status = 'untrained')", name=op.f("ck_model_tag_threshold")
        ),
        sa.CheckConstraint(
            "status IN ('measured', 'weak', 'expert', 'untrained')",
            name=op.f("ck_model_tag_status"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model.id"], name="fk_model_tag_model_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_model_tag_tag_id"),
        sa.PrimaryKeyConstraint("model_id", "ordinal", name="pk_model_tag"),
        sa.UniqueConstraint("model_id", "tag_id", name="uq_model_tag_model_id_tag_id"),
    )
    op.create_table(
        "film_tag",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("relevance", sa.Float(precision=53), nullable=False),
        sa.Column("weight", sa.Float(precision=53), nullable=False),
        sa.Column("seconds", sa.Float(precision=53), nullable=False),
        sa.Column("coverage", sa.Float(precision=53), nullable=False),
        sa.Column("peak", sa.Float(precision=53), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.CheckConstraint("coverage BETWEEN 0 AND 1", name=op.f("ck_film_tag_coverage")),
        sa.CheckConstraint("peak BETWEEN 0 AND 1", name=op.f("ck_film_tag_peak")),
        sa.CheckConstraint("relevance BETWEEN 0 AND 1", name=op.f("ck_film_tag_relevance")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["index_run.id"], name="fk_film_tag_run_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_film_tag_tag_id"),
        sa.PrimaryKeyConstraint("run_id", "tag_id", name="pk_film_tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_film_tag_tag_id_peak", "film_tag", ["tag_id", "peak"], unique=False)
    op.create_table(
        "shot",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("lo_us", sa.BigInteger(), nullable=False),
        sa.Column("hi_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("probabilities", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(probabilities IS NULL) = (state = 'not_looked_at')", name=op.f("ck_shot_looked_at")
        ),
        sa.CheckConstraint(
            "state IN ('looked_at', 'low_information', 'blank', 'not_looked_at')",
            name=op.f("ck_shot_state"),
        ),
        sa.CheckConstraint("0 <= start_us AND start_us < end_us", name=op.f("ck_shot_span")),
        sa.CheckConstraint("lo_us <= start_us AND start_us <= hi_us", name=op.f("ck_shot_bracket")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["index_run.id"], name="fk_shot_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_shot"),
        sa.UniqueConstraint("run_id", "ordinal", name="uq_shot_run_id_ordinal"),
    )
    op.create_table(
        "sample",
        sa.Column("shot_id", BIG_ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("time_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "state IN ('looked_at', 'low_information', 'blank', 'not_looked_at')",
            name=op.f("ck_sample_state"),
        ),
        sa.ForeignKeyConstraint(
            ["shot_id"], ["shot.id"], name="fk_sample_shot_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shot_id", "ordinal", name="pk_sample"),
    )
    op.create_table(
        "shot_tag",
        sa.Column("shot_id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("probability", sa.Float(precision=53), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_shot_tag_probability")),
        sa.ForeignKeyConstraint(
            ["shot_id"], ["shot.id"], name="fk_shot_tag_shot_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_shot_tag_tag_id"),
        sa.PrimaryKeyConstraint("shot_id", "tag_id", name="pk_shot_tag"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_shot_tag_tag_id_probability", "shot_tag", ["tag_id", "probability"], unique=False
    )
    op.create_table(
        "transition",
        sa.Column("shot_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('dissolve', 'fade', 'wipe')", name=op.f("ck_transition_kind")),
        sa.CheckConstraint("0 <= first_us AND first_us < last_us", name=op.f("ck_transition_span")),
        sa.ForeignKeyConstraint(
            ["shot_id"], ["shot.id"], name="fk_transition_shot_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shot_id", name="pk_transition"),
    )
    op.create_table(
        "embedding",
        sa.Column("shot_id", BIG_ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shot_id", "ordinal"],
            ["sample.shot_id", "sample.ordinal"],
            name="fk_embedding_shot_id_ordinal",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shot_id", "ordinal", name="pk_embedding"),
    )
