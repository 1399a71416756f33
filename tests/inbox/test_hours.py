"""The numbers of the hours are kept by the app itself, in the background."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_auditlog import state
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import encode
from flask_auditlog.store import SqlStore
from flask_auditlog.store.charts.hours import FOLLOWER
from flask_auditlog.work import hours
from tests.apps import MakeApp
from tests.inbox.waiting import event
from tests.inbox.waiting import until


def append(app: Flask, number: int) -> SqlStore:
    store = state.of(app).store
    store.append([encode(event(f"01893fd4-6386-7c41-9b0e-{n:012x}")) for n in range(number)])
    return store


def test_an_app_counts_from_its_first_request_on(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(TESTING=False, AUDITLOG_DATABASE_URL=sqlite_url)
    with app.app_context():
        store = append(app, 9)
        assert store.followers.position(FOLLOWER) == 0
        app.test_client().get("/")
        until(lambda: store.followers.position(FOLLOWER) == store.head())


def test_there_is_more_to_do_while_a_step_is_full(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    with app.app_context():
        append(app, 5)
    monkeypatch.setattr(hours, "AT_ONCE", 2)
    assert [hours.follow(state.of(app)) for _ in range(4)] == [0.0, 0.0, None, None]


def test_an_app_without_a_log_is_left_alone(make_app: MakeApp) -> None:
    app = make_app(TESTING=False)
    assert hours.follow(state.of(app)) is None


def test_a_log_without_its_tables_is_left_alone(make_app: MakeApp, empty_postgres_url: str) -> None:
    pytest.importorskip("psycopg")
    app = make_app(AUDITLOG_DATABASE_URL=empty_postgres_url)
    assert hours.follow(state.of(app)) is None


def test_a_log_that_is_away_is_told_of(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: int) -> None:
        raise StoreUnavailable

    app = make_app()
    with app.app_context():
        monkeypatch.setattr(state.of(app).store.hours, "follow", away)
    with pytest.raises(StoreUnavailable):
        hours.follow(state.of(app))
