"""The tables. CHECK constraints guard what the code promises; see section 5 of docs/design.md."""

from enum import StrEnum

import sqlalchemy as sa

from .records import Decision, Precision, Role, TransitionKind
from .stored_paths import StoredPath, StoredShown

# The last of the migrations, which makes exactly the tables below.
SCHEMA_VERSION = "0012"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column declared exactly INTEGER PRIMARY KEY.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MODEL_TAG_STATES = ("measured", "weak", "expert", "untrained")
RUN_STATES = ("building", "complete")
JOB_STATES = ("queued", "running", "indexed", "failed")
AUDIT_KINDS = ("verdict", "review", "policy", "model", "output")


def _one_of(column: str, values: tuple[str, ...] | type[StrEnum]) -> sa.CheckConstraint:
    names = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({names})", name=column)


def _child_of(target: str) -> sa.ForeignKey:
    return sa.ForeignKey(target, ondelete="CASCADE")


film = sa.Table(
    "film",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", sa.Text, nullable=False),
    sa.Column("added_us", sa.BigInteger, nullable=False),
    sa.Column(
        "current_run_id",
        BigId,
        sa.ForeignKey("index_run.id", ondelete="SET NULL", use_alter=True),
    ),
    # As the file's name or its folder's tells it (titles.py).
    sa.Column("year", sa.Integer),
    sa.CheckConstraint("size >= 0", name="size"),
)

location = sa.Table(
    "location",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("film_id", BigId, _child_of("film.id"), nullable=False, index=True),
    sa.Column("path", StoredPath, nullable=False, unique=True),
    sa.Column("path_shown", StoredShown, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("seen_us", sa.BigInteger, nullable=False),
    # Since when the file is no longer there; none while it is.
    sa.Column("missing_us", sa.BigInteger),
)

model = sa.Table(
    "model",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    # Empty for models from before this was kept.
    sa.Column("backbone", sa.String(64), nullable=False, server_default=sa.text("''")),
)

tag = sa.Table(
    "tag",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("tag_group", sa.Text, nullable=False),
)

model_tag = sa.Table(
    "model_tag",
    metadata,
    sa.Column("model_id", BigId, _child_of("model.id"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("tag_id", BigId, sa.ForeignKey("tag.id"), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("threshold", sa.Float(53)),
    # The digest of the network that the tag has to itself.
    sa.Column("expert", sa.String(64)),
    # [recall, threshold] pairs as JSON, recalls rising; the default is for tags without.
    sa.Column("recalls", sa.Text, nullable=False, server_default=sa.text("'[]'")),
    sa.UniqueConstraint("model_id", "tag_id"),
    _one_of("status", MODEL_TAG_STATES),
    sa.CheckConstraint("(threshold IS NULL) = (status = 'untrained')", name="threshold"),
)

index_run = sa.Table(
    "index_run",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("film_id", BigId, _child_of("film.id"), nullable=False, index=True),
    sa.Column("model_id", BigId, sa.ForeignKey("model.id"), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("precision", sa.String(16), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("provider", sa.String(32), nullable=False),
    sa.Column("program_version", sa.Text, nullable=False),
    sa.Column("started_us", sa.BigInteger, nullable=False),
    sa.Column("finished_us", sa.BigInteger),
    sa.Column("container", sa.Text, nullable=False),
    sa.Column("codec", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("rotation", sa.Integer, nullable=False),
    sa.Column("frame_rate", sa.Float(53), nullable=False),
    sa.Column("container_offset_us", sa.BigInteger, nullable=False),
    sa.Column("duration_us", sa.BigInteger, nullable=False),
    sa.Column("frames", sa.BigInteger, nullable=False),
    sa.Column("decode_errors", sa.BigInteger, nullable=False),
    sa.Column("shots", sa.Integer, nullable=False),
    # The default is for runs from before there was such a network.
    sa.Column("network_frames", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    # What the stored shots of an unfinished run have been added up to (relevance.py).
    sa.Column("tally", sa.Text),
    _one_of("state", RUN_STATES),
    _one_of("precision", Precision),
    sa.CheckConstraint("(finished_us IS NULL) = (state = 'building')", name="finished"),
    sa.CheckConstraint("tally IS NULL OR state = 'building'", name="tally"),
    # An abandoned run's number must not come back: whoever still holds it would write to another's.
    sqlite_autoincrement=True,
)

# Written down small, since there are millions: brackets by how far they reach from `start_us`,
# states by number, samples packed (packed_shots.py). Without a rowid the key needs no index.
shot = sa.Table(
    "shot",
    metadata,
    sa.Column("run_id", BigId, _child_of("index_run.id"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("start_us", sa.BigInteger, nullable=False),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sa.Column("early_us", sa.BigInteger, nullable=False),
    sa.Column("late_us", sa.BigInteger, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("samples", sa.LargeBinary, nullable=False),
    sa.Column("probabilities", sa.LargeBinary),
    sa.CheckConstraint("state BETWEEN 0 AND 3", name="state"),
    sa.CheckConstraint("0 <= start_us AND start_us < end_us", name="span"),
    sa.CheckConstraint("early_us BETWEEN 0 AND start_us AND late_us >= 0", name="bracket"),
    sa.CheckConstraint("(probabilities IS NULL) = (state = 0)", name="looked_at"),
    sqlite_with_rowid=False,
)

transition = sa.Table(
    "transition",
    metadata,
    sa.Column("run_id", BigId, primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("first_us", sa.BigInteger, nullable=False),
    sa.Column("last_us", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(
        ["run_id", "ordinal"],
        ["shot.run_id", "shot.ordinal"],
        ondelete="CASCADE",
        onupdate="CASCADE",
    ),
    _one_of("kind", TransitionKind),
    sa.CheckConstraint("0 <= first_us AND first_us < last_us", name="span"),
    sqlite_with_rowid=False,
)

# The embeddings of a stretch of shots from number `first` on, one after the other (vectors.py);
# `owners` names the shot of each, counted from `first`. One at a time they would fill half a page.
embedding_block = sa.Table(
    "embedding_block",
    metadata,
    sa.Column("run_id", BigId, _child_of("index_run.id"), primary_key=True),
    sa.Column("first", sa.Integer, primary_key=True),
    sa.Column("owners", sa.LargeBinary, nullable=False),
    sa.Column("vectors", sa.LargeBinary, nullable=False),
)

# The mean of a run's embeddings: whole films are compared by it.
run_embedding = sa.Table(
    "run_embedding",
    metadata,
    sa.Column("run_id", BigId, _child_of("index_run.id"), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

# Kept for searching: probabilities at or over the floor, and those of tags that are present.
FLOOR = 0.05

# The films whose ids lie in one stretch, and what is kept of their shots for searching: read by the
# hundred, while each film's own rows are read one film at a time. See blocks.py and shelving.py.
film_block = sa.Table(
    "film_block",
    metadata,
    sa.Column("block", BigId, primary_key=True, autoincrement=False),
    sa.Column("films", sa.LargeBinary, nullable=False),
    sa.Column("unseen", sa.LargeBinary, nullable=False),
    sa.Column("lengths", sa.LargeBinary, nullable=False),
)

# One row for a block's tag. All blocks' rows of a tag lie together: they are read all at once.
tag_block = sa.Table(
    "tag_block",
    metadata,
    sa.Column("tag_id", BigId, sa.ForeignKey("tag.id"), primary_key=True),
    sa.Column("block", BigId, _child_of("film_block.block"), primary_key=True),
    sa.Column("sizes", sa.LargeBinary, nullable=False),
    sa.Column("ordinals", sa.LargeBinary, nullable=False),
    sa.Column("probabilities", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

film_tag = sa.Table(
    "film_tag",
    metadata,
    sa.Column("run_id", BigId, _child_of("index_run.id"), primary_key=True),
    sa.Column("tag_id", BigId, sa.ForeignKey("tag.id"), primary_key=True),
    sa.Column("relevance", sa.Float(53), nullable=False),
    sa.Column("weight", sa.Float(53), nullable=False),
    sa.Column("seconds", sa.Float(53), nullable=False),
    sa.Column("coverage", sa.Float(53), nullable=False),
    sa.Column("peak", sa.Float(53), nullable=False),
    sa.Column("present", sa.Boolean, nullable=False),
    sa.Index("ix_film_tag_tag_id_peak", "tag_id", "peak"),
    sa.CheckConstraint("relevance BETWEEN 0 AND 1", name="relevance"),
    sa.CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage"),
    sa.CheckConstraint("peak BETWEEN 0 AND 1", name="peak"),
    sqlite_with_rowid=False,
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("film_id", BigId, _child_of("film.id"), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("owner", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error_kind", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("changed_us", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    # How often an owner died with it, and how often reading failed, since it last got further.
    sa.Column("deaths", sa.Integer, nullable=False, server_default="0"),
    sa.Column("setbacks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before_us", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lease_us", sa.BigInteger),
    _one_of("state", JOB_STATES),
    sa.CheckConstraint("(owner IS NULL) = (state != 'running')", name="owner"),
    sa.CheckConstraint("(lease_us IS NULL) = (state != 'running')", name="lease"),
    # A queued job may say how the last attempt at it ended.
    sa.CheckConstraint("state = 'queued' OR (reason IS NULL) = (state != 'failed')", name="reason"),
    sa.CheckConstraint(
        "state = 'queued' OR (error_kind IS NULL) = (state != 'failed')", name="error_kind"
    ),
)

# What each daemon last told of itself: JSON that only `status` reads.
daemon = sa.Table(
    "daemon",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("told_us", sa.BigInteger, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)

# One row while a person has the work paused.
pause = sa.Table(
    "pause",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("since_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint("id = 1", name="only"),
)

# Keyed by film, span and tag, not by shot: what people said outlives runs and models.
review = sa.Table(
    "review",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("film_id", BigId, sa.ForeignKey("film.id"), nullable=False, index=True),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("asked_start_us", sa.BigInteger, nullable=False),
    sa.Column("asked_end_us", sa.BigInteger, nullable=False),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("ruled_start_us", sa.BigInteger, nullable=False),
    sa.Column("ruled_end_us", sa.BigInteger, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("made_us", sa.BigInteger, nullable=False),
    _one_of("decision", Decision),
    sa.CheckConstraint("0 <= asked_start_us AND asked_start_us < asked_end_us", name="asked"),
    sa.CheckConstraint("0 <= ruled_start_us AND ruled_start_us < ruled_end_us", name="ruled"),
    sa.CheckConstraint("reviewer != '' AND tag != ''", name="named"),
    # A number that was given is never given again: the audit speaks of it.
    sqlite_autoincrement=True,
)

# Reviews that were taken back: they are kept, and no longer count.
withdrawal = sa.Table(
    "withdrawal",
    metadata,
    sa.Column("review_id", BigId, sa.ForeignKey("review.id"), primary_key=True),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("made_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint("reviewer != ''", name="named"),
)

# Who may use the page from elsewhere. Of a token only its digest is kept; none, once removed: the
# name stays taken, because the audit speaks of it.
person = sa.Table(
    "person",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("token_digest", sa.String(64), unique=True),
    sa.Column("added_us", sa.BigInteger, nullable=False),
    _one_of("role", Role),
    sa.CheckConstraint("name != ''", name="named"),
)

saved_search = sa.Table(
    "saved_search",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("shots", sa.Boolean, nullable=False),
    # As typed; empty for the best first.
    sa.Column("sort", sa.Text, nullable=False),
    sa.Column("saved_us", sa.BigInteger, nullable=False),
    # When it was last asked what is new.
    sa.Column("asked_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint("name != '' AND query != ''", name="named"),
)

# What a saved search has shown: stretches of films, not shots, so that what is indexed again is
# not new. A film that was found as a whole is one stretch.
saved_hit = sa.Table(
    "saved_hit",
    metadata,
    sa.Column("search_id", BigId, _child_of("saved_search.id"), primary_key=True),
    sa.Column("film_id", BigId, _child_of("film.id"), primary_key=True),
    sa.Column("start_us", sa.BigInteger, primary_key=True),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sa.Index("ix_saved_hit_film_id", "film_id"),
    sa.CheckConstraint("0 <= start_us AND start_us < end_us", name="span"),
    sqlite_with_rowid=False,
)

# Append-only: triggers refuse UPDATE and DELETE; `mac` chains each row to the one before.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=False),
    sa.Column("made_us", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("mac", sa.String(64), nullable=False),
    sa.Index("ix_audit_kind_subject", "kind", "subject"),
    _one_of("kind", AUDIT_KINDS),
    sa.CheckConstraint("id >= 1", name="id"),
)
