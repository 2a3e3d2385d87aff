"""Bringing a database up to date. The only file that loads Alembic, apart from its scripts."""

import itertools
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from . import upkeep
from .errors import StoreError


def alembic_config() -> Config:
    """Point Alembic at the migrations inside the package."""
    config = Config()
    config.set_main_option("script_location", f"{__package__}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def require_known(version: str | None, name: str) -> None:
    """Raise StoreError if a schema's version (None: an empty file) is none of this program's."""
    try:
        ScriptDirectory.from_config(alembic_config()).get_revision(version or "base")
    except CommandError as error:
        raise StoreError(
            f"{name}: schema {version} is newer than this program; upgrade filmdex, "
            "or name another database with --database"
        ) from error


def upgrade(engine: sa.Engine, current: str | None, name: str, *, keep: bool = True) -> None:
    """Run the migrations from `current` (None: an empty file) on, in one transaction.

    keep: leave a copy of a file as it was beside it, named after its schema. On PostgreSQL a new
    library's tables are made as they are now; only what comes after is migrated. Raises StoreError
    if `current` is not a version that this program knows, if the copy cannot be made, or if a
    migration left a reference to a row that is not there.
    """
    require_known(current, name)
    on_server = engine.dialect.name == "postgresql"
    with engine.connect().execution_options(filmdex_writes=True) as connection:
        if on_server:
            _upgrade_server(connection, name)
        else:
            _upgrade_file(connection, current, name, keep=keep)


def _upgrade_server(connection: sa.Connection, name: str) -> None:
    from . import postgres, postgres_schema

    config = alembic_config()
    config.attributes["connection"] = connection
    with connection.begin():
        postgres.require_unicode(connection, name)
        postgres.write_alone(connection)
        # Another process may have made the tables while this one waited.
        if MigrationContext.configure(connection).get_current_revision() is None:
            postgres_schema.make(connection)
            command.stamp(config, "head")
        else:
            command.upgrade(config, "head")


def _upgrade_file(connection: sa.Connection, current: str | None, name: str, *, keep: bool) -> None:
    config = alembic_config()
    # Batch migrations rebuild tables, which must not cascade. The pragma is void inside a
    # transaction, so it goes past SQLAlchemy, which would begin one.
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        with connection.begin():
            # Another process may have upgraded while this one waited.
            found = MigrationContext.configure(connection).get_current_revision()
            if keep and found is not None and found == current:
                path = Path(name)
                upkeep.backup(path, _copy_of(path, current))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                raise StoreError(f"{name}: the upgrade left {len(broken)} broken references")
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def _copy_of(path: Path, version: str) -> Path:
    """Name a copy by its schema, and by a number where one of that name is there already."""
    first = path.with_name(f"{path.name}.schema-{version}")
    numbered = (first.with_name(f"{first.name}.{number}") for number in itertools.count(2))
    return next(place for place in itertools.chain((first,), numbered) if not place.exists())
