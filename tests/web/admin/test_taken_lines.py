"""The list of what was taken away: by whom, when, how much, as far as the visitor may see it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from flask_auditlog.event import READ_TYPE
from flask_auditlog.store import SqlStore
from flask_auditlog.web.admin.moments import now
from flask_auditlog.web.exports.told import told
from tests.apps import events
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.screen import Element

HOUR = 3600 * 1000
HOSTILE = "<script>alert(1)</script>\u202e'=1+1" + "x" * 3000


@pytest.fixture(autouse=True)
def some(add: Add) -> None:
    add(*(event("a.b", organization_id=each) for each in (None, "northwind", "contoso")))


def lines(look: Look, **more: Any) -> list[Element]:
    """What stands in the list."""
    page = look("/audit/exports", **more)
    return page.one("section", **{"aria-labelledby": "taken"}).all("li")


def export_event(**more: Any) -> Event:
    """An event as the log makes it of an export that began."""
    details = {"action": "export", "format": "csv"} | more.pop("details", {})
    path = "realms/default/events/export"
    given = {"source": "system", "time": now(), "resource_path": path, "details": details}
    return event(READ_TYPE, **(given | more))


def test_what_was_sent_at_once_is_told_with_its_hash(admin: FlaskClient, look: Look) -> None:
    file = admin.get("/audit/export?format=ndjson&type=a.*", buffered=True).data
    (line,) = lines(look)
    assert "admin@acme.test NDJSON type:a.*" in line.text
    assert "Complete" in line.text
    assert "3 events" in line.text
    assert sha256(file).hexdigest() in line.text
    (link,) = [a for a in line.all("a") if a.text.startswith("Manifest")]
    manifest = json.loads(admin.get(link.attrs["href"]).data)
    assert manifest["sha256"] == sha256(file).hexdigest()


def test_the_newest_comes_first(admin: FlaskClient, look: Look) -> None:
    for name in ("csv", "json"):
        admin.get(f"/audit/export?format={name}", buffered=True)
    assert ["JSON everything" in line.text for line in lines(look)] == [True, False]


def test_nobody_sees_what_others_took(host: Flask, admin: FlaskClient, look: Look) -> None:
    nora = entered(host, "nora")
    admin.get("/audit/export?format=csv", buffered=True)
    nora.get("/audit/export?format=csv", buffered=True)
    assert len(lines(look)) == 2
    (line,) = lines(look, client=nora)
    assert "nora@acme.test" in line.text
    assert "1 event, " in line.text
    assert (
        look("/audit/exports?realm=staging")
        .one("section", **{"aria-labelledby": "taken"})
        .all("li")
        == []
    )


def test_one_that_was_cut_off_has_no_hash(add: Add, admin: FlaskClient, look: Look) -> None:
    add(*(event("a.b", representation="x" * 2000) for _ in range(100)))
    admin.get("/audit/export?format=csv").close()
    (line,) = lines(look)
    assert "Cut off" in line.text
    assert "SHA-256" not in line.text


def test_one_without_an_end_says_so(add: Add, look: Look) -> None:
    add(export_event(auth_details=Actor(client_id="siem"), time=now() - HOUR))
    (line,) = lines(look)
    assert line.text.startswith("siem CSV everything No end on record")
    assert [a for a in line.all("a") if "Manifest" in a.text] == []


def test_one_that_just_began_is_under_way(add: Add, look: Look) -> None:
    add(export_event(time=now() - 60_000))
    (line,) = lines(look)
    assert "Under way" in line.text


def test_through_which_token_it_was_taken_is_told(add: Add, look: Look) -> None:
    add(export_event(auth_details=Actor(client_id="siem", user_id="alice")))
    (line,) = lines(look)
    assert line.text.startswith("alice CSV")
    assert "with siem" in line.text


@pytest.mark.parametrize("source", ["api", "capture", "import"])
def test_what_somebody_else_says_was_an_export_is_none(add: Add, look: Look, source: str) -> None:
    add(export_event(source=source))
    assert lines(look) == []


def test_the_end_of_a_forger_ends_nothing(add: Add, look: Look) -> None:
    began = export_event(time=now() - HOUR)
    forged = {"action": "export", "began": began.uid, "complete": True, "sha256": "0" * 64}
    add(began, export_event(source="api", details=forged))
    (line,) = lines(look)
    assert "No end on record" in line.text


def test_what_is_older_is_left_out(add: Add, look: Look) -> None:
    add(export_event(time=now() - 31 * 24 * 3600 * 1000))
    assert lines(look) == []


def test_hostile_names_are_inert(add: Add, look: Look, admin: FlaskClient) -> None:
    who = Actor(username=HOSTILE[:200], client_id=HOSTILE[:200])
    add(export_event(auth_details=who, details={"query": {"q": HOSTILE}}))
    (line,) = lines(look)
    assert "\\u202e" in line.text
    text = admin.get("/audit/exports").text
    assert "<script>alert" not in text
    assert "x" * 300 not in text


def test_that_somebody_looked_is_recorded_once(host: Flask, look: Look) -> None:
    for _ in range(3):
        lines(look)
    reads = [each for each in events(host) if each.type == READ_TYPE]
    assert [(each.details or {})["action"] for each in reads] == ["tail"]


def test_all_of_them_are_found_by_the_link(admin: FlaskClient, look: Look) -> None:
    admin.get("/audit/export?format=csv", buffered=True)
    found = look(look("/audit/exports").link("All of them"))
    assert len(found.all("td", "c-time")) == 2


def test_where_it_takes_too_long_the_rest_of_the_page_is_there(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        raise QueryTimeout

    monkeypatch.setattr(SqlStore, "find", slow)
    page = look("/audit/exports")
    assert "took too long" in page.text
    assert page.all("form", action="/audit/export")


def test_of_two_ends_the_first_counts() -> None:
    began = export_event()
    ends = [export_event(details={"began": began.uid, "records": n}) for n in (1, 2)]
    (found,) = told([ends[1], ends[0], began])
    assert found.ended == ends[0]
    assert told(ends) == []
