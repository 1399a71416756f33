"""Facets and the histogram over HTTP."""

from __future__ import annotations

import pytest

from flask_auditlog.event import encode
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.web import figures
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.api.conftest import Api
from tests.web.api.conftest import Log

HOUR = 3_600_000


@pytest.fixture
def viewer(log: Log) -> Api:
    events = [
        event("a", auth_details=MAYA, time=NOON - HOUR),
        event("a", error="denied", time=NOON),
        event("b", time=NOON),
    ]
    with log.app.app_context():
        log.audit.events.append([encode(each) for each in events])
    return log.caller(VIEW_EVENTS)


def test_the_frequent_values_are_told_with_their_numbers(viewer: Api) -> None:
    answer = viewer.get("/facets").get_json()
    assert answer["facets"].keys() == {
        "type",
        "actor",
        "resource_type",
        "client",
        "ip",
        "org",
        "error",
    }
    assert answer["facets"]["type"] == {
        "values": [{"value": "a", "count": 2}, {"value": "b", "count": 1}],
        "distinct": 2,
        "complete": True,
    }
    assert answer["facets"]["ip"]["values"] == [{"value": "203.0.113.24", "count": 1}]
    assert (answer["records"], answer["complete"]) == (3, True)


def test_both_take_the_filters(viewer: Api) -> None:
    assert viewer.get("/facets", error="true").get_json()["records"] == 1
    bars = viewer.get("/histogram", type="a").get_json()["bars"]
    assert sum(bar["count"] for bar in bars) == 2
    for path in ("/facets", "/histogram"):
        assert viewer.get(path, typ="a").status_code == 400
        assert viewer.get(path, limit="5").status_code == 400


def test_bars_have_numbers_and_failures(viewer: Api) -> None:
    answer = viewer.get("/histogram", after=NOON - 2 * HOUR, before=NOON + 1).get_json()
    bars = [each for each in answer["bars"] if each["count"]]
    assert [(bar["count"], bar["errors"]) for bar in bars] == [(1, 0), (2, 1)]
    assert (answer["width"], answer["complete"]) == ("5m", True)
    assert bars[1]["end"] - bars[1]["start"] == 300_000


def test_what_was_not_counted_is_null(viewer: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "LOOKED_AT", 2)
    answer = viewer.get("/histogram", after=NOON - 2 * HOUR, before=NOON + 1).get_json()
    assert answer["bars"][0]["count"] is None
    assert not answer["complete"]
    answer = viewer.get("/facets").get_json()
    assert (answer["records"], answer["complete"]) == (2, False)
    told = {name: facet["complete"] for name, facet in answer["facets"].items()}
    assert [name for name, is_all in told.items() if is_all] == ["type", "org"]


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "UTC", "Asia/Kathmandu"])
def test_days_begin_where_the_reader_is(viewer: Api, zone: str) -> None:
    answer = viewer.get("/histogram", after="2023-06-01", before="2023-07-20", zone=zone)
    bars = answer.get_json()["bars"]
    starts = {bar["start"] % (24 * HOUR) for bar in bars}
    ahead = {"Europe/Stockholm": 2 * HOUR, "UTC": 0, "Asia/Kathmandu": 20_700_000}
    assert starts == {-ahead[zone] % (24 * HOUR)}


@pytest.mark.parametrize("zone", ["Europe", "x", "../UTC", "/etc/passwd", "Europe/Stockholm/", "é"])
def test_what_is_no_zone_is_refused(viewer: Api, zone: str) -> None:
    answer = viewer.get("/histogram", zone=zone)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, "zone")


def test_each_is_recorded(viewer: Api, log: Log) -> None:
    viewer.get("/facets", type="a")
    viewer.get("/histogram", type="b", zone="Europe/Stockholm")
    assert [read["details"] for read in log.read_events()] == [
        {"action": "facets", "query": {"type": "a"}, "records": 2},
        {"action": "histogram", "query": {"type": "b", "zone": "Europe/Stockholm"}, "records": 1},
    ]


def test_an_organization_is_told_of_its_own(log: Log, viewer: Api) -> None:
    both = [event(name, organization_id=name, time=NOON) for name in ("acme", "globex")]
    with log.app.app_context():
        log.audit.events.append([encode(each) for each in both])
    acme = log.caller(VIEW_EVENTS, organization_id="acme")
    told = acme.get("/facets").get_json()
    assert [each["value"] for each in told["facets"]["type"]["values"]] == ["acme"]
    assert "org" not in told["facets"]
    assert [bar["count"] for bar in acme.get("/histogram").get_json()["bars"]] == [1]
