"""A host is killed around its commits: no change without its event, no event without its change."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import state
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.work.embedded import mover_of
from tests.apps import close
from tests.apps import events
from tests.checks import check_log

from .nursery import Child
from .nursery import Nursery

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

# Where a process ends: in a transaction, right after its commit, before it appends what it
# has taken from the inbox, between append and delete, or anywhere. Two of them run at a time.
ENDS = ("recorded", "committed", "taken", "appended", "random")
ROUNDS = {"sqlite": 100, "postgresql": 100, "mariadb": 20}


@pytest.fixture(params=list(ROUNDS))
def host_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The database of a host, with a table of its own."""
    url = f"sqlite:///{tmp_path / 'host.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    if request.param == "mariadb":
        pytest.importorskip("pymysql")
        url = request.getfixturevalue("mariadb_url")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE changed (name varchar(32))"))
    return url


@pytest.fixture
def host(host_url: str, sqlite_url: str) -> Iterator[Flask]:
    """Who looks afterwards."""
    app = Flask("host")
    app.config.update(AUDITLOG_DATABASE_URL=sqlite_url, AUDITLOG_WORKER="external")
    AuditLog(app)
    yield app
    close(app)


def test_a_host_killed_around_its_commits_has_an_event_for_each_change_and_no_other(
    host: Flask, host_url: str, sqlite_url: str, nursery: Nursery
) -> None:
    kind = sa.make_url(host_url).get_backend_name()
    rounds = ROUNDS["mariadb" if kind in {"mysql", "mariadb"} else kind]
    for number in range(0, rounds, 2):
        pair = [
            nursery.start("change", host_url, sqlite_url, ENDS[(number + one) % len(ENDS)])
            for one in (0, 1)
        ]
        for child in pair:
            begun(child)
        time.sleep(random.uniform(0, 0.1))
        for child in pair:
            child.kill()
    settle(host, host_url)
    engine = sa.create_engine(host_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        changed = connection.execute(sa.text("SELECT name FROM changed")).scalars().all()
    recorded = [(event.details or {})["name"] for event in events(host)]
    assert len(recorded) > 10
    assert Counter(recorded) == Counter(changed)
    check_log(state.of(host).store)


def begun(child: Child, *, seconds: float = 20) -> None:
    """Return once it has committed something, or has killed itself."""
    deadline = time.monotonic() + seconds
    while "committed\n" not in child.said() and is_alive(child):
        assert time.monotonic() < deadline, child.said()
        assert "failed\n" not in child.said(), "".join(child.said())
        time.sleep(0.002)


def is_alive(child: Child) -> bool:
    """Whether the process is there."""
    try:
        os.kill(child.pid, 0)
    except ProcessLookupError:
        return False
    return True


def settle(host: Flask, host_url: str, *, seconds: float = 20) -> None:
    """Move what is left. The database may still be ending what the killed have begun."""
    inbox = state.of(host).inbox.of(sa.create_engine(host_url))
    deadline = time.monotonic() + seconds
    quiet = 0
    while quiet < 5:
        assert time.monotonic() < deadline
        try:
            quiet = 0 if mover_of(state.of(host)).drain(inbox) else quiet + 1
        except StoreUnavailable:
            quiet = 0
        time.sleep(0.05)
    inbox.beside.close()
