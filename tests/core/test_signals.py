from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import event_recorded
from flask_auditlog import Query
from flask_auditlog import Record
from flask_auditlog import Scope
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.event import Draft
from flask_auditlog.recorder import Context
from tests.apps import counted
from tests.apps import MakeApp
from tests.apps import records
from tests.apps import types

EVERYTHING = Scope(realm="default", organization_id=None)


def broken(app: Flask, record: Record) -> None:
    raise RuntimeError("receiver")


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return make_app()


def test_a_record_is_announced_once_it_can_be_found(host: Flask) -> None:
    found: list[Any] = []

    def hear(app: Flask, record: Record) -> None:
        found.append((app, AuditLog().events.get(record.event.uid, EVERYTHING) == record))

    with host.app_context(), event_recorded.connected_to(hear, host):
        AuditLog().record("a")
    assert found == [(host, True)]


def test_a_receiver_may_record_itself(host: Flask) -> None:
    def hear(app: Flask, record: Record) -> None:
        if record.event.type == "a":
            AuditLog().record("b")

    with host.app_context(), event_recorded.connected_to(hear, host):
        AuditLog().record("a")
    assert types(host) == ["a", "b"]


def test_each_record_of_a_batch_is_announced_in_order(host: Flask) -> None:
    heard: list[int] = []

    def hear(app: Flask, record: Record) -> None:
        heard.append(record.position)

    drafts = [Draft(type="a") for _ in range(5)]
    with event_recorded.connected_to(hear, host):
        host.extensions["auditlog"].recorder.ingest(drafts, Context(realm="default", source="api"))
    assert heard == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("number", range(3))
def test_a_broken_receiver_stops_neither_the_event_nor_the_others(
    host: Flask, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    receivers: list[Any] = [lambda app, record, n=n: heard.append(n) for n in "abc"]
    receivers.insert(number, broken)
    for receiver in receivers:
        event_recorded.connect(receiver, host)
    with host.app_context():
        assert AuditLog().record("a").state == "committed"
    assert sorted(heard) == ["a", "b", "c"]
    assert counted(host, "receiver_failed") == 1
    assert "a receiver of" in caplog.text


def test_what_is_refused_is_not_announced(host: Flask) -> None:
    heard: list[Record] = []

    def hear(app: Flask, record: Record) -> None:
        heard.append(record)

    refused = pytest.raises(InvalidEvent)
    with host.app_context(), event_recorded.connected_to(hear, host), refused:
        AuditLog().record("")
    assert heard == []


def test_the_records_of_another_app_are_not_heard(make_app: MakeApp) -> None:
    one, two = make_app(), make_app()
    heard: list[Flask] = []

    def hear(app: Flask, record: Record) -> None:
        heard.append(app)

    with event_recorded.connected_to(hear, one), two.app_context():
        AuditLog().record("a")
    assert heard == []
    assert len(records(two)) == 1


def test_reads_through_python_are_the_hosts_own(host: Flask) -> None:
    with host.app_context():
        AuditLog().record("a")
        assert AuditLog().events.count(Query(), EVERYTHING, at_most=10).value == 1
    assert types(host) == ["a"]
