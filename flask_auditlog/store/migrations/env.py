"""Alembic's entry: the connection comes from ``migrate.py``, which holds the lock."""

from __future__ import annotations

from alembic import context

from flask_auditlog.store.migrate import options

connection = context.config.attributes["connection"]
context.configure(connection=connection, **options(connection))
with context.begin_transaction():
    context.run_migrations()
