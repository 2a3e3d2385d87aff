"""Bringing a database up to date. The only file that loads Alembic, apart from its scripts."""

from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from .errors import StoreError


def alembic_config() -> Config:
    """Point Alembic at the migrations inside the package."""
    config = Config()
    config.set_main_option("script_location", f"{__package__}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: sa.Engine, current: str | None, name: str) -> None:
    """Run the migrations from `current` (None: an empty file) on, in one transaction.

    Raises StoreError if `current` is not a version that this program knows, or if a migration left
    a reference to a row that is not there.
    """
    config = alembic_config()
    try:
        ScriptDirectory.from_config(config).get_revision(current or "base")
    except CommandError as error:
        raise StoreError(
            f"{name}: schema {current} is newer than this program; upgrade filmdex, "
            "or name another database with --database"
        ) from error
    with engine.connect().execution_options(filmdex_writes=True) as connection:
        # Batch migrations rebuild tables, which must not cascade. The pragma is void inside a
        # transaction, so it goes past SQLAlchemy, which would begin one.
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                # Alembic looks again: another process may have upgraded while this one waited.
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                    raise StoreError(f"{name}: the upgrade left {len(broken)} broken references")
        finally:
            raw.execute("PRAGMA foreign_keys = ON")
