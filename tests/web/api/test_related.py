"""What happened around an event."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog import AuditLog
from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import encode
from flask_auditlog.event import READ_TYPE
from flask_auditlog.store import Query
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.web.args import query_from
from flask_auditlog.web.args import to_params
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.api.conftest import Api
from tests.web.api.conftest import Log

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
MINUTE = 60_000

IT = event(
    "admin.USER-UPDATE",
    auth_details=MAYA,
    resource_path="users/7",
    request_id="r1",
    traceparent=f"00-{TRACE}-00f067aa0ba902b7-01",
)
OTHERS: dict[str, dict[str, Any]] = {
    "of.all": {
        "time": NOON + 1,
        "auth_details": MAYA,
        "resource_path": "users/7/roles",
        "request_id": "r1",
    },
    "of.trace": {"time": NOON - 9 * MINUTE, "traceparent": f"00-{TRACE}-0000000000000001-01"},
    "of.trace.late": {"time": NOON + 11 * MINUTE, "traceparent": f"00-{TRACE}-00000000000002-01"},
    "of.nothing": {"time": NOON - 1},
}


@pytest.fixture
def viewer(log: Log) -> Api:
    with log.app.app_context():
        log.audit.events.append(
            [encode(IT), *(encode(event(name, **each)) for name, each in OTHERS.items())]
        )
    return log.caller(VIEW_EVENTS)


def groups(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/{IT.uid}/related").get_json()
    return found


def test_others_are_grouped_by_what_they_have_in_common_with_it(viewer: Api) -> None:
    told = {
        name: [[each["type"] for each in group[side]] for side in ("newer", "older")]
        for name, group in groups(viewer).items()
    }
    assert told == {
        "session": [["of.all"], []],
        "request": [["of.all"], []],
        "trace": [[], ["of.trace"]],
        "actor": [["of.all"], []],
        "resource": [["of.all"], []],
    }


def test_a_group_says_how_to_find_all_of_it(viewer: Api) -> None:
    group = groups(viewer)["session"]
    assert group["query"] == {"session": "70c446c9"}
    assert group["search"] == "/audit/realms/default/events?session=70c446c9"
    assert group["more"] is False
    for each in groups(viewer).values():
        answer = viewer.client.get(
            each["search"], headers={"Authorization": f"Bearer {viewer.secret}"}
        )
        assert IT.uid in [found["uid"] for found in answer.get_json()["events"]]


def around(api: Api, **asked: str) -> dict[str, list[str]]:
    """The types around the event, by group, of what is asked for; what is empty left out."""
    found = api.get(f"/{IT.uid}/related", **asked).get_json()
    told = {
        name: [each["type"] for side in ("newer", "older") for each in group[side]]
        for name, group in found.items()
    }
    return {name: types for name, types in told.items() if types}


ALL = {name: ["of.all"] for name in ("session", "request", "actor", "resource")}
TRACED = {"trace": ["of.trace"]}
ASKED: list[tuple[dict[str, str], dict[str, list[str]]]] = [
    ({"type": "of.all"}, ALL),
    ({"type": "of.trace*"}, TRACED),
    ({"q": "type:of.trace OR type:of.nothing"}, TRACED),
    ({"q": "-type:of.trace"}, ALL),
    ({"type": "none.*"}, {}),
    ({"user": "other"}, {}),
    ({"session": "70c446c9"}, ALL),
    ({"session": "other"}, {}),
    # Two of a kind: both must hold.
    ({"resource": "users/7/roles"}, ALL),
    ({"resource": "users"}, ALL),
    ({"resource": "users/8"}, {}),
    ({"text": "of.TRACE"}, TRACED),
    ({"text": "of.TRACE", "q": f"-text:{TRACE}"}, {}),
    ({"after": str(NOON)}, ALL),
    ({"before": str(NOON)}, TRACED),
    ({"after": str(NOON - 8 * MINUTE), "type": "of.trace*"}, {}),
    ({"after": str(NOON + 60 * MINUTE)}, {}),
    ({"q": f"before:{NOON}", "zone": "Europe/Stockholm"}, TRACED),
]


@pytest.mark.parametrize(("asked", "told"), ASKED)
def test_only_what_is_asked_for_stands_around_it(
    viewer: Api, log: Log, asked: dict[str, str], told: dict[str, list[str]]
) -> None:
    assert around(viewer, **asked) == told
    assert log.read_events()[0]["details"]["query"] == asked_as(asked)
    # What finds all of a group finds what stands in it, and the event if that matches too.
    for name, group in viewer.get(f"/{IT.uid}/related", **asked).get_json().items():
        headers = {"Authorization": f"Bearer {viewer.secret}"}
        answer = viewer.client.get(group["search"], headers=headers)
        assert answer.status_code == 200, group["search"]
        types = {each["type"] for each in answer.get_json()["events"]} - {IT.type}
        assert types == set(told.get(name, []))


def asked_as(asked: dict[str, str]) -> dict[str, str]:
    """As it is told again: times as those of a calendar."""
    return to_params(query_from(asked))


def test_reads_stand_around_it_where_they_are_asked_for(viewer: Api, log: Log) -> None:
    read = event(READ_TYPE, source="system", auth_details=MAYA, time=NOON + 2)
    with log.app.app_context():
        log.audit.events.append([encode(read)])
    assert around(viewer)["session"] == ["of.all"]
    assert around(viewer, reads="true")["session"] == [READ_TYPE, "of.all"]


@pytest.mark.parametrize("asked", ["limit=5", "cursor=x", "format=csv", "type=a&type=b", "tpye=a"])
def test_what_says_nothing_beside_a_uid_is_refused(viewer: Api, asked: str) -> None:
    headers = {"Authorization": f"Bearer {viewer.secret}"}
    for path in (IT.uid, f"{IT.uid}/related"):
        address = f"/audit/realms/default/events/{path}?{asked}"
        assert viewer.client.get(address, headers=headers).status_code == 400


MATCHING = [
    ({"type": "admin.*"}, True),
    ({"type": "of.*"}, False),
    ({"user": "7"}, False),
    ({"q": "resource:users/7 after:2020-01-01"}, True),
    ({"q": "-resource:users/7"}, False),
    ({"after": str(NOON), "before": str(NOON + 1)}, True),
    ({"before": str(NOON)}, False),
    ({"source": "capture", "reads": "true"}, True),
    ({"source": "api"}, False),
    ({"details.a": "b"}, False),
    ({"text": "ADMIN.user"}, True),
]


@pytest.mark.parametrize(("asked", "is_there"), MATCHING)
def test_an_event_that_does_not_match_is_not_there(
    viewer: Api, log: Log, asked: dict[str, str], is_there: bool
) -> None:
    answer = viewer.get(f"/{IT.uid}", **asked)
    assert answer.status_code == (200 if is_there else 404)
    if is_there:
        assert answer.get_json()["uid"] == IT.uid
        assert log.read_events()[0]["details"]["query"] == asked_as(asked)
    else:
        nowhere = viewer.get("/01893fd4-6386-7c41-9b0e-5d2f8a31c7e6")
        assert answer.get_json() == nowhere.get_json()


def test_a_read_that_is_named_is_there(viewer: Api, log: Log) -> None:
    viewer.get()
    (read,) = log.read_events()
    assert viewer.get(f"/{read['uid']}").status_code == 200
    assert viewer.get(f"/{read['uid']}", source="system").status_code == 200
    assert viewer.get(f"/{read['uid']}", type="of.*").status_code == 404


def test_an_event_with_nothing_in_common_has_no_groups(viewer: Api) -> None:
    (alone,) = viewer.get(type="of.nothing").get_json()["events"]
    assert viewer.get(f"/{alone['uid']}/related").get_json() == {}


@pytest.mark.parametrize("path", ["a*", "x" * 1001, ""])
def test_what_no_filter_would_find_is_no_group(log: Log, viewer: Api, path: str) -> None:
    it = event("odd", resource_path=path)
    with log.app.app_context():
        log.audit.events.append([encode(it)])
    assert viewer.get(f"/{it.uid}/related").get_json() == {}


def test_a_group_that_takes_too_long_is_left_out(
    audit: AuditLog, log: Log, viewer: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with log.app.app_context():
        around = audit.events.around
        find = around.find

        def slow(record: Any, query: Query, *rest: Any, **more: Any) -> Any:
            if query.text:
                raise QueryTimeout
            return find(record, query, *rest, **more)

        monkeypatch.setattr(around, "find", slow)
    assert "trace" not in groups(viewer)
    assert "session" in groups(viewer)


def test_around_a_read_of_the_log_are_reads(viewer: Api, log: Log) -> None:
    viewer.get()
    viewer.get()
    read = log.read_events()[0]["uid"]
    answer = viewer.get(f"/{read}/related").get_json()
    assert [each["uid"] for each in answer["actor"]["newer"]] == [log.read_events()[1]["uid"]]


def test_it_is_recorded_with_the_number_that_was_given(viewer: Api, log: Log) -> None:
    groups(viewer)
    (read,) = log.read_events()
    assert read["details"] == {"action": "related", "records": 5}
    assert read["resourcePath"] == f"realms/default/events/{IT.uid}"


def test_there_is_nothing_around_what_is_not_there(viewer: Api) -> None:
    assert viewer.get("/01893fd4-6386-7c41-9b0e-5d2f8a31c7e6/related").status_code == 404
    assert viewer.get(f"/{IT.uid}/related", sessions="x").status_code == 400
