from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.samples import opened

from .nursery import Nursery
from .restarting import RestartingRedis


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long run is for who names it: ``-m longrun``."""
    if "longrun" not in config.option.markexpr:
        long = [each for each in items if each.get_closest_marker("longrun")]
        config.hook.pytest_deselected(items=long)
        items[:] = [each for each in items if each not in long]


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


@pytest.fixture
def restarting_redis() -> Iterator[RestartingRedis]:
    """A Redis that a test restarts."""
    redis = RestartingRedis()
    yield redis
    redis.stop()
