from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from flask_auditlog.store import migrate
from flask_auditlog.store import SqlStore
from flask_auditlog.store.tables import metadata
from tests import services

from .samples import opened


@pytest.fixture(scope="session")
def _shared_postgres_url(postgres_server: services.Server) -> str:
    url = postgres_server.create()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    migrate.upgrade(engine)
    return url


@pytest.fixture
def postgres_url(_shared_postgres_url: str) -> str:
    """A database with the log's tables, emptied: making one takes a hundred times as long."""
    engine = sa.create_engine(_shared_postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        # As replication does it: without triggers.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in metadata.sorted_tables:
            connection.execute(sa.delete(table))
    return _shared_postgres_url


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    with opened(f"sqlite:///{path}") as store:
        store.upgrade()
    return path


@pytest.fixture
def sqlite_url(_migrated_file: Path, tmp_path: Path) -> str:
    """A file with the log's tables."""
    path = shutil.copy(_migrated_file, tmp_path / "audit.db")
    return f"sqlite:///{path}"


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An empty store, of each kind."""
    with opened(database_url) as store:
        yield store
