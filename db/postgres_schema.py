"""The tables as PostgreSQL keeps them: tables.py, and what only its own words can say.

A new library is made as the tables are now; it was never older. From then on migrations change it.
"""

import sqlalchemy as sa

from .postgres_words import TITLE_WORDS
from .tables import metadata


def make(connection: sa.Connection) -> None:
    """Make every table, index and trigger in an empty database."""
    declared().create_all(connection)
    for statement in _MORE:
        connection.exec_driver_sql(statement)


def declared() -> sa.MetaData:
    """Return the tables with text in the order of its code points, whatever the database's locale.

    SQLite orders and compares so, and cursors hold places in that order; `lower` then knows the
    letters of ASCII only, as SQLite's does.
    """
    made = sa.MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        for column in table.to_metadata(made).columns:
            kind = column.type
            if isinstance(kind, sa.types.TypeDecorator):
                kind = kind.impl_instance
            if isinstance(kind, sa.String):
                column.type = type(kind)(kind.length, collation="C")
    return made


_MORE = (
    f"CREATE INDEX ix_film_title_words ON film USING gin ({TITLE_WORDS.replace('film.', '')})",
    """CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    """CREATE TRIGGER audit_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)
