"""Alembic runs inside the transaction that `central_server.database` hands over: a migration happens whole or not."""

from alembic import context

from central_server.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
