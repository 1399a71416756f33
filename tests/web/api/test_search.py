"""GET: what is found, for whom, and the bytes it is given in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_auditlog.store import PUBLISH_AS
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Api
from tests.web.api.conftest import Log

EVENT: dict[str, Any] = {
    "type": "aws.iam.CreateUser",
    "time": 1688989338000,
    "operationType": "CREATE",
    "resourceType": "USER",
    "resourcePath": "users/7",
    "error": "AccessDenied",
    "organizationId": "acme",
    "authDetails": {
        "userId": "u1",
        "username": "bob",
        "clientId": "web",
        "sessionId": "s1",
        "ipAddress": "10.1.2.3",
    },
    "details": {"plan": {"name": "pro"}, "seats": 5, "trial": True},
}
OTHER: dict[str, Any] = {
    "type": "other",
    "time": 1588363619462,
    "details": {"plan": {"name": "free"}},
}


@pytest.fixture
def found(log: Log) -> Api:
    """A viewer of two events, of which the filters below find the first."""
    log.caller(PUBLISH_EVENTS, PUBLISH_AS).post([EVENT, OTHER])
    return log.caller(VIEW_EVENTS)


FILTERS = {
    "type": "aws.iam.*",
    "actor": "bob",
    "user": "u1",
    "username": "bob",
    "client": "web",
    "session": "s1",
    "ip": "10.0.0.0/8",
    "org": "acme",
    "resource": "users",
    "resource_type": "USER",
    "operation": "CREATE",
    "error": "true",
    "after": "2023-07-10",
    "details.plan.name": "pro",
    "details.seats": "5",
    "details.trial": "true",
    "text": "ACCESSdenied",
}


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_finds_its_event(found: Api, name: str) -> None:
    events = found.get(**{name: FILTERS[name]}).get_json()["events"]
    assert [event["type"] for event in events] == [EVENT["type"]]


def test_before_request_and_source_find_their_event_too(found: Api) -> None:
    assert found.get(before="2021-01-01").get_json()["events"][0]["type"] == "other"
    mine = found.get(type="other").get_json()["events"][0]["requestId"]
    assert len(found.get(request=mine).get_json()["events"]) == 2
    assert len(found.get(source="api").get_json()["events"]) == 2
    assert found.get(source="capture").get_json()["events"] == []


def test_filters_are_joined_by_and(found: Api) -> None:
    assert found.get(**FILTERS).get_json()["events"][0]["type"] == EVENT["type"]
    assert found.get(**{**FILTERS, "user": "u2"}).get_json()["events"] == []


def test_the_stored_bytes_are_given_as_they_are(found: Api, log: Log) -> None:
    text = found.get(type="other").text
    (body,) = [json.dumps(b, separators=(",", ":")) for b in log.bodies() if b["type"] == "other"]
    assert body[:-1] in text
    assert json.loads(text)["events"][0]["position"] == 2


def test_a_time_that_counts_from_now_is_the_same_on_the_next_page(api: Api) -> None:
    for number in range(3):
        api.post({"type": "a", "details": {"n": number}})
    first = api.get(after="-7d", type="a", limit=2).get_json()
    second = api.get(after="-7d", type="a", limit=2, cursor=first["next"]).get_json()
    assert [len(page["events"]) for page in (first, second)] == [2, 1]
    assert api.get(before="-7d", type="a").get_json()["events"] == []


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5])
def test_pages_give_every_event_once(api: Api, size: int) -> None:
    for number in range(size):
        api.post({"type": "a", "details": {"n": number}})
    pages = [api.get(limit=2).get_json()]
    while pages[-1]["next"]:
        pages.append(api.get(limit=2, cursor=pages[-1]["next"]).get_json())
    seen = [event["details"]["n"] for page in pages for event in page["events"]]
    assert seen == list(reversed(range(size)))


QUERIES = [
    "type:aws.iam.* actor:bob -ip:192.0.2.0/24 org:acme",
    "(user:u1 OR user:u2) details.seats:>=5 -details.seats:>5",
    "resource:users error:AccessDenied after:2023-07-10 before:now",
    "time:2023-07-10 details.plan.name:p* details.trial:true accessDENIED",
    "-type:other",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_query_language_finds_its_event_everywhere(found: Api, log: Log, query: str) -> None:
    events = found.get(q=query).get_json()["events"]
    assert [event["type"] for event in events] == [EVENT["type"]]
    assert found.get("/count", q=query).get_json()["count"] == 1
    assert found.get("/export", q=query, format="ndjson").text.count("\n") == 1
    assert [read["details"]["query"] for read in log.read_events()] == [{"q": query}] * 4


def test_the_query_language_is_joined_to_the_filters_by_and(found: Api) -> None:
    assert found.get(q="type:other OR actor:bob", type="aws.*").get_json()["events"] != []
    assert found.get(q="type:other", type="aws.*").get_json()["events"] == []


def test_days_are_those_of_the_time_zone_that_is_given(found: Api) -> None:
    # It was 2023-07-10 11:42:18 UTC.
    found_in = {
        zone: len(found.get(q="time:2023-07-11", zone=zone).get_json()["events"])
        for zone in ("UTC", "Pacific/Auckland", "Pacific/Kiritimati")
    }
    assert found_in == {"UTC": 0, "Pacific/Auckland": 0, "Pacific/Kiritimati": 1}


@pytest.mark.parametrize("path", ["", "/count", "/export?format=csv"])
def test_a_query_that_cannot_be_read_is_refused_with_its_place(found: Api, path: str) -> None:
    path += "&" if "?" in path else "?"
    refused = found.client.get(
        f"/audit/realms/default/events{path}q=type:x%20acter:hunter2",
        headers={"Authorization": f"Bearer {found.secret}"},
    )
    sentence = "Unknown field `acter` at 8: did you mean `actor`?"
    assert refused.status_code == 400
    assert refused.get_json() == {
        "error": "invalid_query",
        "error_description": sentence,
        "errors": [{"field": "q", "message": sentence, "column": 8}],
    }


def test_what_is_counted_from_now_is_counted_from_the_first_page(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_700_000_000_000
    monkeypatch.setattr("time.time_ns", lambda: now * 1_000_000)
    sent = log_of(api, [now - 1000 * ago for ago in (10, 20, 50)])
    pages = [api.get(q="after:-1m", limit=1).get_json()]
    now += 15_000
    while pages[-1]["next"]:
        pages.append(api.get(q="after:-1m", limit=1, cursor=pages[-1]["next"]).get_json())
    assert [event["time"] for page in pages for event in page["events"]] == sent
    assert len(api.get(q="after:-1m").get_json()["events"]) == 2


def log_of(api: Api, times: list[int]) -> list[int]:
    """Post an event at each of these times, and return them."""
    assert api.post([{"type": "a", "time": time} for time in times]).status_code == 202
    return times


def test_a_cursor_belongs_to_its_search(api: Api) -> None:
    api.post([{"type": "a"}, {"type": "a"}])
    cursor = api.get(limit=1).get_json()["next"]
    assert api.get(limit=1, cursor=cursor).status_code == 200
    assert api.get(limit=1, cursor=cursor, type="a").status_code == 400
    assert api.get(limit=1, cursor=cursor, q="type:a").status_code == 400


def test_one_event_is_given_by_its_uid(found: Api) -> None:
    listed = found.get(type="other").get_json()["events"][0]
    assert found.get(f"/{listed['uid']}").get_json() == listed


def test_events_are_counted(found: Api) -> None:
    assert found.get("/count").get_json() == {"count": 2, "exact": True}
    assert found.get("/count", type="aws.*").get_json() == {"count": 1, "exact": True}


@pytest.mark.parametrize("path", ["", "/count", "/export?format=csv"])
def test_viewing_needs_its_permission(log: Log, path: str) -> None:
    assert log.caller(PUBLISH_EVENTS, PUBLISH_AS).get(path).status_code == 403


def test_a_token_of_an_organization_sees_its_own_events_and_no_positions(
    found: Api, log: Log
) -> None:
    acme = log.caller(VIEW_EVENTS, organization_id="acme")
    (event,) = acme.get().get_json()["events"]
    assert event["organizationId"] == "acme"
    assert "position" not in event
    assert acme.get("/count").get_json()["count"] == 1
    assert acme.get(org="globex").get_json()["events"] == []
    assert acme.get("/export", format="ndjson").text.count("\n") == 1
    assert '"position"' not in acme.get("/export", format="ndjson").text
    hidden = found.get(type="other").get_json()["events"][0]["uid"]
    assert acme.get(f"/{hidden}").status_code == 404


def test_nothing_that_was_read_is_kept_by_a_cache(found: Api) -> None:
    for path in ("", "/count", "/nope", "/export?format=csv"):
        assert found.get(path).headers["Cache-Control"] == "no-store"
        assert found.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_what_may_be_done_at_an_address_is_told(api: Api) -> None:
    refused = api.client.delete("/audit/realms/default/events")
    asked = api.client.options("/audit/realms/default/events")
    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert set(asked.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
