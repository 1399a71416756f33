"""The rows that somebody ticked, as a file."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_auditlog.event import Event
from flask_auditlog.event import new_uid
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.web.admin.chosen import MOST
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element
from tests.web.admin.screen import read
from tests.web.admin.webhooks.conftest import values

OURS = [event("a.first", time=NOON), event("a.second", time=NOON + 1, organization_id="northwind")]
THEIRS = event("a.theirs", organization_id="globex")


def form_of(client: FlaskClient) -> Element:
    """The form of the page of results."""
    return read(client.get("/audit/").text).one("form", id="chosen")


def export(client: FlaskClient, *events: Event | str, **more: Any) -> TestResponse:
    """Export these, as the form of the page does."""
    form = form_of(client)
    uids = [each if isinstance(each, str) else each.uid for each in events]
    data = {**values(form), "format": "ndjson", "uid": uids, **more}
    return client.post(form.attrs["action"], data=data, buffered=True)


def types(answer: TestResponse) -> list[str]:
    """The types of the events of a file."""
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["type"] for line in answer.text.splitlines()]


def test_every_row_can_be_chosen_and_says_what_it_is(add: Add, look: Look) -> None:
    add(*OURS)
    page = look("/audit/")
    boxes = page.all("input", name="uid", form="chosen")
    assert [box.attrs["value"] for box in boxes] == [OURS[1].uid, OURS[0].uid]
    assert boxes[0].attrs["aria-label"] == "Choose a.second at 12:15:04"
    rows = page.one("table", "events").all("tr")
    assert {len([c for c in row.all("*") if c.tag in {"td", "th"}]) for row in rows[2:]} == {7}
    assert rows[1].one("th").attrs["colspan"] == "7"


def test_no_more_than_the_chosen_are_exported_newest_first(add: Add, admin: FlaskClient) -> None:
    add(*OURS, event("a.third"))
    assert types(export(admin, *OURS, OURS[0])) == ["a.second", "a.first"]
    answer = export(admin, OURS[0], format="csv")
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    assert answer.text.count("\n") == 2


def test_it_is_on_record_with_what_was_taken_and_has_a_manifest(
    host: Flask, add: Add, admin: FlaskClient
) -> None:
    add(*OURS)
    answer = export(admin, *OURS)
    address = answer.headers["Link"].removeprefix("<").partition(">")[0]
    manifest = json.loads(admin.get(address).data)
    assert manifest["uids"] == [OURS[1].uid, OURS[0].uid]
    assert manifest["sha256"] == sha256(answer.data).hexdigest()
    assert "query" not in manifest
    with host.app_context():
        everything = Scope(realm="default", organization_id=None)
        found = (
            of(host).store.find(Query(type="admin.AUDIT_LOG-ACTION"), everything, limit=9).records
        )
    told = [cast("dict[str, Any]", it.event.details) for it in found]
    ends = [it for it in told if it["action"] == "export"]
    assert [it.get("records") for it in ends] == [2, None]
    assert all(it["uids"] == manifest["uids"] for it in ends)


def test_the_page_of_exports_does_not_say_that_it_was_everything(
    add: Add, admin: FlaskClient, look: Look
) -> None:
    add(*OURS)
    export(admin, OURS[0])
    taken = look("/audit/exports").one("section", **{"aria-labelledby": "taken"}).text
    assert "chosen by hand" in taken
    assert "everything" not in taken


def test_nobody_takes_what_is_not_theirs(add: Add, nora: FlaskClient) -> None:
    add(*OURS, THEIRS)
    answer = export(nora, *OURS, THEIRS)
    assert types(answer) == ["a.second"]
    answer = export(nora, THEIRS)
    assert answer.status_code == 404
    assert "theirs" not in answer.text


@pytest.mark.parametrize(
    ("uids", "status"),
    [
        ([], 400),
        (["nonsense", "'; --", "\u0661" * 36], 400),
        ([new_uid()], 404),
        ([new_uid() for _ in range(MOST + 1)], 400),
    ],
    ids=["none", "nonsense", "not there", "too many"],
)
def test_what_cannot_be_exported_is_refused(
    add: Add, admin: FlaskClient, uids: list[str], status: int
) -> None:
    add(*OURS)
    assert export(admin, *uids).status_code == status
    assert export(admin, OURS[0], format="exe").status_code == 400


def test_a_form_of_somebody_elses_takes_nothing(host: Flask, add: Add, admin: FlaskClient) -> None:
    add(*OURS)
    form = form_of(admin)
    data = {**values(form), "format": "json", "uid": OURS[0].uid}
    assert entered(host, "admin").post(form.attrs["action"], data=data).status_code == 400
    assert admin.post(form.attrs["action"], data={"uid": OURS[0].uid}).status_code == 400
    away = {"Sec-Fetch-Site": "cross-site"}
    assert admin.post(form.attrs["action"], data=data, headers=away).status_code == 400


def test_rows_that_come_in_can_be_chosen_too(host: Flask, add: Add, look: Look) -> None:
    add(OURS[0])
    page = look("/audit/?tail=true")
    add(OURS[1])
    rows = look(page.one("div", "explore-main").attrs["data-tail"])
    assert rows.one("input", name="uid").attrs["value"] == OURS[1].uid
