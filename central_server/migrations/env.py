"""Alembic runs inside the transaction that `central_server.database` hands over: a migration happens whole or not."""

from alembic import context

from central_server import tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables.metadata, transactional_ddl=True
)
context.run_migrations()
