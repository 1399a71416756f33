from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.apps import make_app as make_app


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "memory"])
def host_url(request: pytest.FixtureRequest) -> str:
    """Each of the databases a host may have, with nothing in it."""
    names = {
        "sqlite": "sqlite_url",
        "postgresql": "empty_postgres_url",
        "mariadb": "mariadb_url",
    }
    if request.param == "memory":
        return "sqlite://"
    if request.param == "mariadb":
        pytest.importorskip("pymysql")
    url: str = request.getfixturevalue(names[request.param])
    return url


@pytest.fixture
def engine(host_url: str) -> Iterator[sa.Engine]:
    """The host's engine."""
    engine = sa.create_engine(host_url)
    yield engine
    engine.dispose()
