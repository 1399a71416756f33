"""The bodies are sifted by the app itself, in the background."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_auditlog import state
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import encode
from flask_auditlog.store import SqlStore
from flask_auditlog.store.sieve import filling
from flask_auditlog.store.sieve.marks import Layout
from flask_auditlog.store.sieve.table import FOLLOWER
from flask_auditlog.work import sieve
from tests.apps import MakeApp
from tests.inbox.waiting import event
from tests.inbox.waiting import until


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of 8 records."""
    monkeypatch.setattr(filling, "LAYOUT", Layout(block=1, blocks=8))


def append(app: Flask, number: int) -> SqlStore:
    store = state.of(app).store
    store.append([encode(event(f"01893fd4-6386-7c41-9b0e-{n:012x}")) for n in range(number)])
    return store


def test_an_app_sifts_from_its_first_request_on(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(TESTING=False, AUDITLOG_DATABASE_URL=sqlite_url)
    with app.app_context():
        store = append(app, 20)
        assert store.followers.position(FOLLOWER) == 0
        app.test_client().get("/")
        until(lambda: store.followers.position(FOLLOWER) == 16)


def test_it_rests_and_goes_on_while_there_is_more_to_do(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    with app.app_context():
        append(app, 20)
    monkeypatch.setattr(sieve, "AT_ONCE", 6)
    rests = [sieve.follow(state.of(app)) for _ in range(5)]
    assert [rest is not None and rest > 0 for rest in rests] == [True] * 4 + [False]
    assert rests[4] is None


def test_an_app_without_a_log_is_left_alone(make_app: MakeApp) -> None:
    assert sieve.follow(state.of(make_app(TESTING=False))) is None


def test_a_log_without_its_tables_is_left_alone(make_app: MakeApp, empty_postgres_url: str) -> None:
    pytest.importorskip("psycopg")
    app = make_app(AUDITLOG_DATABASE_URL=empty_postgres_url)
    assert sieve.follow(state.of(app)) is None


def test_a_log_that_is_away_is_told_of(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: int) -> None:
        raise StoreUnavailable

    app = make_app()
    with app.app_context():
        monkeypatch.setattr(state.of(app).store.sieve, "follow", away)
    with pytest.raises(StoreUnavailable):
        sieve.follow(state.of(app))
