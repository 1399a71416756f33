from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.samples import opened

from .nursery import Nursery


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where processes come from."""
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


@pytest.fixture
def sqlite_url(sqlite_url: str) -> str:
    """A file with the log's tables."""
    with opened(sqlite_url) as store:
        store.upgrade()
    return sqlite_url
