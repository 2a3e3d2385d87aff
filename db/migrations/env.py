"""How Alembic runs here: on the connection that the store hands over, in its transaction."""

from alembic import context
from filmdex.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the store's own BEGIN IMMEDIATE is around everything
)
context.run_migrations()
