"""The search language: a film's year, and searches that are saved with what they have found."""

import sqlalchemy as sa
from alembic import op
from filmdex.db.titles import year_of

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Read the years of the films there are from their paths; no search is saved yet."""
    op.add_column("film", sa.Column("year", sa.Integer(), nullable=True))
    connection = op.get_bind()
    paths = sa.text("SELECT film_id, path_shown FROM location ORDER BY film_id, path DESC")
    years = {film_id: year_of(path) for film_id, path in connection.execute(paths)}
    known = [{"film": film_id, "year": year} for film_id, year in years.items() if year]
    if known:
        connection.execute(sa.text("UPDATE film SET year = :year WHERE id = :film"), known)
    op.create_table(
        "saved_search",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shots", sa.Boolean(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("saved_us", sa.BigInteger(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("name != '' AND query != ''", name=op.f("ck_saved_search_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("name", name=op.f("uq_saved_search_name")),
    )
    op.create_table(
        "saved_hit",
        sa.Column("search_id", BIG_ID, nullable=False),
        sa.Column("film_id", BIG_ID, nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("0 <= start_us AND start_us < end_us", name=op.f("ck_saved_hit_span")),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["saved_search.id"],
            name=op.f("fk_saved_hit_search_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["film_id"], ["film.id"], name=op.f("fk_saved_hit_film_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", "film_id", "start_us", name=op.f("pk_saved_hit")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_saved_hit_film_id"), "saved_hit", ["film_id"])
