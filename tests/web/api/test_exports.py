"""Exports over the API: columns, the manifest, and how many there may be at once."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256

import pytest

from flask_auditlog import AuditLog
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store import PUBLISH_AS
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Api
from tests.web.api.conftest import EVENTS
from tests.web.api.conftest import Log


@pytest.fixture
def viewer(log: Log, api: Api) -> Api:
    """A viewer made by alice, of three events."""
    api.post([{"type": "a", "time": 1000}, {"type": "a", "time": 2000}, {"type": "b"}])
    return log.caller(VIEW_EVENTS, created_by="alice")


def manifest_address(link: str) -> str:
    address, _, relation = link.partition(">; ")
    assert relation == 'rel="describedby"'
    return address.removeprefix("<").removeprefix(EVENTS)


def test_columns_are_those_that_were_asked_for(viewer: Api) -> None:
    answer = viewer.get("/export", format="csv", columns="type,time", type="a")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows == [
        ["type", "time"],
        ["a", "1970-01-01T00:00:02.000Z"],
        ["a", "1970-01-01T00:00:01.000Z"],
    ]


def test_a_manifest_says_what_is_in_the_file(viewer: Api, log: Log) -> None:
    answer = viewer.get("/export", format="csv", columns="type,time", q="type:a")
    told = viewer.get(manifest_address(answer.headers["Link"])).get_json()
    begun, ended = log.read_events()[:2]
    assert told == {
        "file": answer.headers["Content-Disposition"].split('"')[1],
        "realm": "default",
        "exportedBy": begun["authDetails"],
        "began": told["began"],
        "ended": told["ended"],
        "format": "csv",
        "columns": ["type", "time"],
        "query": {"q": "type:a"},
        "complete": True,
        "records": 2,
        "bytes": len(answer.data),
        "sha256": sha256(answer.data).hexdigest(),
        "positions": [1, 2],
        "times": ["1970-01-01T00:00:01.000Z", "1970-01-01T00:00:02.000Z"],
        "event": ended["uid"],
    }
    assert told["exportedBy"]["userId"] == "alice"


@pytest.mark.parametrize("name", ["csv", "ndjson", "json", "parquet"])
def test_the_hash_is_that_of_the_file_in_every_format(viewer: Api, name: str) -> None:
    if name == "parquet":
        pytest.importorskip("pyarrow")
    answer = viewer.get("/export", format=name)
    told = viewer.get(manifest_address(answer.headers["Link"])).get_json()
    assert (told["sha256"], told["bytes"]) == (sha256(answer.data).hexdigest(), len(answer.data))


def test_a_manifest_for_an_organization_tells_no_positions(log: Log, viewer: Api) -> None:
    trusted = log.caller(PUBLISH_EVENTS, PUBLISH_AS)
    trusted.post([{"type": "a", "organizationId": "acme"}])
    acme = log.caller(VIEW_EVENTS, organization_id="acme")
    address = manifest_address(acme.get("/export", format="csv").headers["Link"])
    told = acme.get(address).get_json()
    assert told["organizationId"] == "acme"
    assert (told["records"], "positions" in told) == (1, False)
    other = log.caller(VIEW_EVENTS, organization_id="globex")
    assert other.get(address).status_code == 404


def test_there_is_no_manifest_of_what_is_no_export(viewer: Api, log: Log) -> None:
    viewer.get("/export", format="csv")
    begun, ended = log.read_events()
    viewer.get(type="a")
    for uid in (log.bodies()[0]["uid"], ended["uid"], log.read_events()[-1]["uid"]):
        assert viewer.get(f"/export/{uid}").status_code == 404
    assert viewer.get(f"/export/{begun['uid']}").status_code == 200


def test_a_manifest_cannot_be_forged(log: Log, viewer: Api) -> None:
    """Whoever may publish as others writes the same event, but not from where ours come."""
    address = manifest_address(viewer.get("/export", format="csv").headers["Link"])
    _, ended = log.read_events()[:2]
    forged = {
        "type": ended["type"],
        "details": {**ended["details"], "records": 7, "sha256": "0" * 64},
    }
    forger = log.caller(PUBLISH_EVENTS, PUBLISH_AS)
    assert forger.post(forged).status_code < 300
    assert viewer.get(address).get_json()["records"] == 3


def test_the_manifest_of_a_cut_off_export_says_so(viewer: Api, api: Api, log: Log) -> None:
    api.post([{"type": "big", "details": {"x": "x" * 50_000}}] * 20)
    answer = viewer.client.get(
        f"{EVENTS}/export?format=ndjson&type=big",
        headers={"Authorization": f"Bearer {viewer.secret}"},
        buffered=False,
    )
    next(answer.iter_encoded())
    address = manifest_address(answer.headers["Link"])
    assert viewer.get(address).status_code == 404
    answer.close()
    assert viewer.get(address).get_json()["complete"] is False


def test_so_many_are_sent_at_once_and_no_more(viewer: Api, api: Api, log: Log) -> None:
    api.post([{"type": "big", "details": {"x": "x" * 50_000}}] * 20)
    slow = [
        viewer.client.get(
            f"{EVENTS}/export?format=ndjson&type=big",
            headers={"Authorization": f"Bearer {viewer.secret}"},
            buffered=False,
        )
        for _ in range(4)
    ]
    refused = viewer.get("/export", format="csv")
    assert (refused.status_code, refused.get_json()["error"]) == (429, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    slow.pop().close()
    assert viewer.get("/export", format="csv").status_code == 200
    for each in slow:
        each.close()


def test_what_fails_at_once_takes_no_place(
    audit: AuditLog, viewer: Api, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise StoreUnavailable

    with log.app.app_context(), monkeypatch.context() as broken:
        broken.setattr(audit.events, "stream", away)
        for _ in range(10):
            assert viewer.get("/export", format="csv").status_code == 503
    assert viewer.get("/export", format="csv").status_code == 200


def test_a_json_export_is_what_a_search_gives(viewer: Api) -> None:
    assert (
        json.loads(viewer.get("/export", format="json").data) == viewer.get().get_json()["events"]
    )
