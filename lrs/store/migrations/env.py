"""Alembic's entry: runs the migrations of one history on the connection that `lrs.store.schema` hands over."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
version_table = context.config.attributes["version_table"]

context.configure(connection=connection, version_table=version_table, target_metadata=None, render_as_batch=True)
context.run_migrations()
