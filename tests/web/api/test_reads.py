"""Reads of the log are recorded in the log, and fail if they cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from flask_auditlog import AuditLog
from flask_auditlog import Query
from flask_auditlog import Record
from flask_auditlog import Scope
from flask_auditlog.errors import QueryTimeout
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.export.chunks import BLOCK
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Api
from tests.web.api.conftest import Log


@pytest.fixture
def viewer(log: Log, api: Api) -> Api:
    """A viewer made by alice, of three events."""
    api.post([{"type": "a"}, {"type": "a"}, {"type": "b"}])
    return log.caller(VIEW_EVENTS, created_by="alice")


def test_a_search_is_recorded_with_its_query_and_number(viewer: Api, log: Log) -> None:
    viewer.get(type="a", ip="10.0.0.0/8", after="2023-07-10", limit=5)
    (read,) = log.read_events()
    assert read["type"] == "admin.AUDIT_LOG-ACTION"
    assert (read["operationType"], read["resourceType"]) == ("ACTION", "AUDIT_LOG")
    assert read["resourcePath"] == "realms/default/events"
    asked = {"type": "a", "ip": "10.0.0.0/8", "after": "2023-07-10T00:00:00.000Z"}
    assert read["details"] == {"action": "search", "query": asked, "records": 0}
    assert read["authDetails"]["userId"] == "alice"
    assert read["authDetails"]["clientId"] == "robot"
    assert read["tokenId"]


def test_a_secret_that_is_searched_for_is_not_stored(viewer: Api, log: Log) -> None:
    viewer.get(q='-details.user.password:hunter2* OR (details."api key":"hunter2 x" type:a)')
    viewer.get(q='details.secret:12..14 "password: hunter2"', **{"details.token": "hunter2"})
    queries = [read["details"]["query"] for read in log.read_events()]
    assert [query["q"] for query in queries] == [
        '-details.user.password:[masked] OR (details."api key":[masked] type:a)',
        'details.secret:[masked] "password: [masked]"',
    ]
    assert "hunter2" not in str(queries)


def test_each_read_is_one_event(viewer: Api, log: Log) -> None:
    uid = viewer.get(type="b").get_json()["events"][0]["uid"]
    viewer.get(f"/{uid}")
    viewer.get("/count", type="a")
    details = [read["details"] for read in log.read_events()]
    assert [(each["action"], each["records"]) for each in details] == [
        ("search", 1),
        ("view", 1),
        ("count", 2),
    ]
    assert log.read_events()[1]["resourcePath"] == f"realms/default/events/{uid}"


def test_an_export_is_recorded_at_its_beginning_and_its_end(viewer: Api, log: Log) -> None:
    viewer.get("/export", format="csv", type="a")
    begun, ended = log.read_events()
    told = {"action": "export", "query": {"type": "a"}, "format": "csv"}
    assert begun["details"] == told
    known = {**told, "records": 2, "complete": True, "began": begun["uid"], "positions": [1, 2]}
    assert ended["details"] == ended["details"] | known


def test_an_export_that_is_cut_off_is_recorded_with_its_number(
    viewer: Api, api: Api, log: Log
) -> None:
    api.post([{"type": "big", "details": {"x": "x" * 50_000}}] * 20)
    answer = viewer.client.get(
        "/audit/realms/default/events/export?format=ndjson&type=big",
        headers={"Authorization": f"Bearer {viewer.secret}"},
        buffered=False,
    )
    next(answer.iter_encoded())
    answer.close()
    ended = log.read_events()[-1]["details"]
    assert ended["complete"] is False
    assert 0 < ended["records"] < 20


def test_reads_are_hidden_until_they_are_asked_for(viewer: Api) -> None:
    viewer.get()
    assert len(viewer.get().get_json()["events"]) == 3
    assert len(viewer.get(reads="true").get_json()["events"]) == 5
    assert len(viewer.get(type="admin.AUDIT_LOG-ACTION").get_json()["events"]) == 3


def test_a_read_of_an_organization_is_that_organizations_event(log: Log) -> None:
    log.caller(VIEW_EVENTS, organization_id="acme").get()
    assert log.read_events()[0]["organizationId"] == "acme"


def test_a_refused_read_is_not_recorded_as_a_read(viewer: Api, log: Log) -> None:
    for path in ("?typ=a", "/nope", "/export?format=xls"):
        assert viewer.get(path).status_code >= 400
    assert [event["type"] for event in log.read_events()] == ["access.PERMISSION_DENIED"]


@pytest.mark.parametrize("path", ["", "/count", "/export?format=csv", "/{uid}"])
def test_what_cannot_be_recorded_is_not_given(
    audit: AuditLog, viewer: Api, log: Log, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = log.bodies()[0]["uid"]

    def away(*args: object, **options: object) -> None:
        raise StoreUnavailable("connection to 10.0.0.5 refused")

    with log.app.app_context():
        monkeypatch.setattr(audit.events, "append", away)
    answer = viewer.get(path.format(uid=uid))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert uid not in answer.text
    assert "10.0.0.5" not in answer.text


def test_a_search_that_takes_too_long_is_not_to_be_sent_again(
    audit: AuditLog, viewer: Api, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: object, **options: object) -> None:
        raise QueryTimeout

    with log.app.app_context():
        monkeypatch.setattr(audit.events, "find", slow)
    answer = viewer.get()
    assert (answer.status_code, answer.get_json()["error"]) == (503, "query_timeout")
    assert "Add a time range" in answer.get_json()["error_description"]
    assert "Retry-After" not in answer.headers


def test_an_export_that_fails_at_once_has_the_right_status(
    audit: AuditLog, viewer: Api, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: object) -> Iterator[Record]:
        yield from ()
        raise QueryTimeout

    with log.app.app_context():
        monkeypatch.setattr(audit.events, "stream", slow)
    assert viewer.get("/export", format="ndjson").status_code == 503


def test_an_export_that_fails_on_the_way_is_cut_off_and_recorded(
    audit: AuditLog, viewer: Api, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with log.app.app_context():
        page = audit.events.find(Query(), Scope(realm="default", organization_id=None), limit=1)

    def breaking(*args: object) -> Iterator[Record]:
        for _ in range(8 * BLOCK + 1):
            yield from page.records
        raise StoreUnavailable

    with log.app.app_context():
        monkeypatch.setattr(audit.events, "stream", breaking)
    with pytest.raises(StoreUnavailable):
        viewer.get("/export", format="ndjson")
    monkeypatch.undo()
    ended = log.read_events()[-1]["details"]
    # Of the last block nothing was written.
    assert (ended["records"], ended["complete"]) == (8 * BLOCK, False)


@pytest.mark.parametrize(("name", "lines"), [("csv", 4), ("ndjson", 3)])
def test_an_export_is_a_file(viewer: Api, name: str, lines: int) -> None:
    answer = viewer.get("/export", format=name)
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="audit-log-default-20')
    assert disposition.endswith(f'.{name}"')
    assert answer.text.count("\n") == lines


def test_an_export_of_nothing_is_an_empty_file(viewer: Api) -> None:
    assert viewer.get("/export", format="ndjson", type="nope").data == b""
    assert viewer.get("/export", format="csv", type="nope").text.count("\r\n") == 1


def test_an_export_line_is_what_the_api_gives(viewer: Api) -> None:
    lines = viewer.get("/export", format="ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == viewer.get().get_json()["events"]
