"""Planned maintenance on the admin pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.web.admin import moments
from flask_auditlog.web.admin import notices
from flask_auditlog.web.admin.notices import DAY
from flask_auditlog.web.admin.notices import Maintenance
from flask_auditlog.web.admin.notices import maintenances_of
from flask_auditlog.web.admin.notices import notices_of
from tests.apps import make_app as make_app
from tests.apps import MakeApp

# Monday 10 July 2023, 12:00 UTC.
NOW = 1_688_990_400_000
HOUR = 3_600_000


def event(name: str = "MAINTENANCE", *, ago: int = 0, **more: Any) -> Event:
    given = {"uid": "u", "time": NOW - ago, "realm_id": "default", "source": "capture"}
    return Event(**{"type": f"system.{name}", **given, **more})


@pytest.mark.parametrize(
    ("details", "starts", "ends", "message"),
    [
        (None, NOW, NOW + DAY, ""),
        ({"starts": NOW + 1, "ends": NOW + 2}, NOW + 1, NOW + 2, ""),
        ({"starts": "2023-07-16T02:00:00Z"}, 1_689_472_800_000, 1_689_472_800_000 + DAY, ""),
        ({"starts": "2023-07-16T04:00:00+02:00"}, 1_689_472_800_000, 1_689_472_800_000 + DAY, ""),
        ({"ends": NOW + HOUR, "message": "m"}, NOW, NOW + HOUR, "m"),
        ({"ends": NOW - HOUR}, NOW, NOW + DAY, ""),
        ({"starts": True, "ends": 1e300, "message": ["m"]}, NOW, NOW + DAY, ""),
        ({"starts": "soon", "ends": {"a": 1}, "message": 7}, NOW, NOW + DAY, ""),
        ({"starts": 10**30, "ends": -(10**30)}, NOW, NOW + DAY, ""),
        ({"starts": "9999-12-31T23:59:59-23:00"}, 253_402_383_599_000, 253_402_469_999_000, ""),
    ],
)
def test_when_it_is(details: Any, starts: int, ends: int, message: str) -> None:
    (found,) = maintenances_of([event(details=details)])
    assert found == Maintenance(starts=starts, ends=ends, message=message, uid="u")


@pytest.mark.parametrize(
    ("newest_first", "found"),
    [
        ([event("MAINTENANCE_OVER"), event()], 0),
        ([event(), event("MAINTENANCE_OVER"), event()], 1),
        ([event(organization_id="acme")], 0),
        ([event("MAINTENANCE_OVER", organization_id="acme"), event()], 1),
        ([event("MAINTENANCE_ERROR"), event("MAINTENANCE_OVERDUE")], 0),
        ([event(), event()], 2),
    ],
)
def test_what_is_announced(newest_first: list[Event], found: int) -> None:
    assert len(maintenances_of(newest_first)) == found


def test_it_is_announced_and_goes_on_and_is_over() -> None:
    it = Maintenance(starts=NOW, ends=NOW + 2 * HOUR, message="m", uid="u")
    (before,) = notices_of([it], NOW - 1, with_uid=True)
    (during,) = notices_of([it], NOW, with_uid=False)
    assert (before.when, before.uid) == ("on Monday 10 July, 12:00 to 14:00 UTC", "u")
    assert (during.when, during.uid) == ("until 14:00 UTC", None)
    assert notices_of([it], NOW + 2 * HOUR, with_uid=True) == []


def test_the_day_of_the_end_is_said_where_it_is_another() -> None:
    it = Maintenance(starts=NOW, ends=NOW + DAY, message="", uid="u")
    (during,) = notices_of([it], NOW + HOUR, with_uid=False)
    assert during.when == "until Tuesday 11 July, 12:00 UTC"
    (later,) = notices_of([it], NOW + DAY - HOUR, with_uid=False)
    assert later.when == "until 12:00 UTC"


def test_the_next_ones_stand_first_and_the_days_are_said() -> None:
    many = [
        Maintenance(starts=NOW + n * DAY, ends=NOW + 9 * DAY, message="", uid=str(n))
        for n in (4, 1, 3, 2)
    ]
    found = notices_of(many, NOW, with_uid=True)
    assert [notice.uid for notice in found] == ["1", "2", "3"]
    assert found[0].when == "on Tuesday 11 July, 12:00 to Wednesday 19 July, 12:00 UTC"


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    audit.authorizer(lambda permission, realm, organization_id: organization_id != "none")
    return make_app(audit, AUDITLOG_REALMS=["default", "other"])


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "FRESH", 0.0)


def announce(host: Flask, audit: AuditLog, **details: Any) -> None:
    with host.app_context():
        audit.system_event("MAINTENANCE", details=details)


def test_every_page_shows_it(host: Flask, audit: AuditLog) -> None:
    announce(host, audit, message="We move the database.", ends=moments.now() + HOUR)
    with host.app_context():
        uid = audit.record("a").uid
    client = host.test_client()
    for path in ("/audit/", f"/audit/events/{uid}", "/audit/?type=nothing", "/audit/?after=x"):
        page = client.get(path).text
        assert "Maintenance until " in page
        assert "We move the database." in page
        assert page.count("notice-warn") == 1
    assert "notice-warn" not in client.get("/audit/?realm=other").text


def test_without_one_there_is_none(host: Flask) -> None:
    page = host.test_client().get("/audit/").text
    assert "notice" not in page


def test_what_stands_in_it_is_inert(host: Flask, audit: AuditLog) -> None:
    announce(host, audit, message='<script>alert(1)</script>\u202e"' + "x" * 5000)
    page = host.test_client().get("/audit/").text
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "x" * 600 not in page


def test_a_reader_of_one_organization_is_told_and_cannot_open_it(
    host: Flask, audit: AuditLog
) -> None:
    audit.authorizer(lambda permission, realm, organization_id: organization_id == "acme")
    audit.organization_loader(lambda: "acme")
    announce(host, audit, message="We move.")
    with host.app_context(), audit.actor(organization_id="globex", user_id="1"):
        audit.system_event("MAINTENANCE", details={"message": "Only for Globex."})
    page = host.test_client().get("/audit/").text
    assert "We move." in page
    assert "Globex" not in page
    assert "system.MAINTENANCE" not in page


def test_the_store_is_asked_once_in_a_while(
    host: Flask, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(*_: object) -> list[Event]:
        asked.append(1)
        return []

    monkeypatch.setattr(notices, "FRESH", 60.0)
    monkeypatch.setattr(notices, "_events", ask)
    for _ in range(3):
        host.test_client().get("/audit/")
    assert len(asked) == 1


def test_a_store_that_is_away_stops_no_page(
    host: Flask, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> list[Event]:
        raise StoreUnavailable

    monkeypatch.setattr(notices, "_events", away)
    assert host.test_client().get("/audit/").status_code == 200
