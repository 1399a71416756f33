"""What every test can ask for: databases and a browser, all of them real.

Nothing is skipped where a part is missing: the test fails and says what to install.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings
from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import sync_playwright
from werkzeug.routing import Rule

from flask_auditlog.store import engine as log_engine
from flask_auditlog.store import migrate
from flask_auditlog.work import background
from tests import services

# How long an example takes says nothing of us: the first text of a fresh checkout makes the
# table of all characters, and the machine may be busy. A machine that judges a change tries the
# same examples each time: what chance finds is found at a developer's, where it can be mended.
settings.register_profile(
    "any-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("any-machine")

# PostgreSQL ends a transaction whose process stands still for ten seconds. A machine that stands
# still for so long says nothing of us either; what tests that limit sets its own.
log_engine.IDLE_MILLISECONDS = 600_000


def compile_each_route_once() -> None:
    """Let apps share what Werkzeug makes of a route: thousands are made here, of the same hundred.

    What is made reads all that differs from its rule, except for its defaults.
    """
    anew = Rule._compile_builder  # noqa: SLF001
    made: dict[Any, Any] = {}

    def shared(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return anew(rule, append_unknown)
        key = (append_unknown, *rule._trace)  # noqa: SLF001
        if key not in made:
            made[key] = anew(rule, append_unknown)
        return made[key]

    Rule._compile_builder = shared  # type: ignore[assignment,method-assign]  # noqa: SLF001


compile_each_route_once()


@pytest.fixture(autouse=True)
def _nothing_goes_on_in_the_background() -> Iterator[None]:
    """End what an app of this test does in the background.

    Its thread would keep it alive to the end of the run, and ask its database each second: 18 tests
    in the browser left 54 such threads.
    """
    before = set(background._all)  # noqa: SLF001
    yield
    for each in set(background._all) - before:  # noqa: SLF001
        each._jobs.clear()  # noqa: SLF001
        each.close(patience=0)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[services.Server]:
    """One PostgreSQL cluster for this process; with xdist each worker has its own."""
    with services.postgres_server() as server:
        yield server


@pytest.fixture
def empty_postgres_url(postgres_server: services.Server) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in it."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def _migrated(postgres_server: services.Server) -> str:
    """A database to copy: a copy is made in a tenth of the time the migrations take."""
    url = postgres_server.create()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    migrate.upgrade(engine)
    return services.name_of(url)


@pytest.fixture
def postgres_url(postgres_server: services.Server, _migrated: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with the log's tables, and no records."""
    url = postgres_server.create(template=_migrated)
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def _mariadb() -> Iterator[str]:
    """One MariaDB for this process."""
    pytest.importorskip("pymysql")
    with services.mariadb_server() as url:
        yield url


@pytest.fixture
def mariadb_url(_mariadb: str) -> str:
    """The URL of an empty MariaDB database of a host. The log cannot live there."""
    engine = sa.create_engine(_mariadb, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("DROP DATABASE host"))
        connection.execute(sa.text("CREATE DATABASE host CHARACTER SET utf8mb4"))
    return _mariadb


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The URL of a Redis of its own, with nothing in it."""
    with services.redis_server() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'audit.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each of the databases a log can live in."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything our logger says, with its tracebacks."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logger = logging.getLogger("flask_auditlog")
    logger.addHandler(handler)
    before, logger.level = logger.level, logging.DEBUG
    yield text
    logger.removeHandler(handler)
    logger.setLevel(before)


# Of a module, not of the session: while Playwright is started its event loop runs in this
# thread, and tests of async views could not run theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=services.chromium(), args=list(services.CHROMIUM_ARGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab with its own cookies."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
