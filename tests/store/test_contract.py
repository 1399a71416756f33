from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from flask_auditlog.store import memory_url
from flask_auditlog.store import SqlStore
from flask_auditlog.store.append import rows

from .contract import StoreContract
from .samples import opened


class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, sqlite_url: str) -> Iterator[SqlStore]:
        with opened(sqlite_url) as store:
            yield store


class TestPostgres(StoreContract):
    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[SqlStore]:
        with opened(postgres_url) as store:
            yield store


class TestPostgresInPieces(StoreContract):
    """Each event a piece, as those of a batch of several megabytes are sent."""

    @pytest.fixture
    def store(self, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
        monkeypatch.setattr(rows, "PIECE", 1)
        with opened(postgres_url) as store:
            yield store


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[SqlStore]:
        with opened(memory_url(uuid4().hex)) as store:
            store.create()
            yield store
