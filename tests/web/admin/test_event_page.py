"""The page of one event, by what its reader finds."""

from __future__ import annotations

import json
from hashlib import sha256

from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.event import READ_TYPE
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.samples import MAC
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON

EVERYTHING = Scope(realm="default", organization_id=None)

UPDATE = event(
    "admin.USER-UPDATE",
    operation_type="UPDATE",
    resource_type="USER",
    resource_path="users/7",
    organization_id="northwind",
    auth_details=MAYA,
    user_agent=MAC,
    details={
        "changes": {
            "role": ["member", "owner"],
            "delegate": [None, "users/2"],
            "password_hash": ["[masked]", "[masked]"],
        },
        "reason": "promoted",
        "token": "[masked]",
    },
)


def test_the_answer_comes_first(add: Add, look: Look) -> None:
    add(UPDATE)
    page = look(f"/audit/events/{UPDATE.uid}")
    assert page.one("h1").text == "maya@acme.test changed 3 fields of user 7"
    assert "Monday 10 July 2023, 12:15:04.000 UTC" in page.text


def test_changes_stand_side_by_side(add: Add, look: Look) -> None:
    add(UPDATE)
    page = look(f"/audit/events/{UPDATE.uid}")
    rows = [
        [cell.text for cell in row.all("*") if cell.tag in {"th", "td"}]
        for row in page.one("table", "diff-wide").all("tr")
    ]
    assert rows[1:] == [
        ["role", "−member", "+owner"],
        ["delegate", "not set", "+users/2"],
        ["password_hash", "−masked", "+masked, a different value"],
    ]


def test_other_details_are_a_table_with_what_is_masked_as_masked(add: Add, look: Look) -> None:
    add(UPDATE)
    table = look(f"/audit/events/{UPDATE.uid}").one("table", "values")
    rows = [(row.one("th").text, row.one("td").text) for row in table.one("tbody").all("tr")]
    assert rows == [("reason", "promoted"), ("token", "masked")]
    assert table.link("promoted") == "/audit/?q=details.reason:promoted"


def test_the_facts_are_beside_it(add: Add, look: Look) -> None:
    add(UPDATE)
    facts = look(f"/audit/events/{UPDATE.uid}").one("aside").facts()
    assert facts["User"] == "maya@acme.test"
    assert facts["IP"] == "203.0.113.24 IPv4, for documentation"
    assert facts["Browser"].startswith("Chrome 114 on macOS")
    assert facts["Position"] == "1"
    assert len(facts["Digest"]) == 64


def test_a_fact_leads_to_others_of_the_same(add: Add, look: Look) -> None:
    add(UPDATE)
    page = look(f"/audit/events/{UPDATE.uid}")
    assert page.link("203.0.113.24") == "/audit/?q=ip:203.0.113.24"
    assert page.link("northwind") == "/audit/?q=org:northwind"


def test_the_json_is_what_is_stored(host: Flask, add: Add, look: Look) -> None:
    add(UPDATE)
    stored = of(host).store.get(UPDATE.uid, EVERYTHING)
    assert stored
    page = look(f"/audit/events/{UPDATE.uid}")
    assert json.loads(page.one("pre", "code").verbatim) == json.loads(stored.body)
    assert page.one("pre", "code").all("span", "n")[0].text == str(NOON)


def test_the_download_is_the_stored_bytes_and_fits_the_digest(
    host: Flask, add: Add, admin: FlaskClient
) -> None:
    add(UPDATE)
    stored = of(host).store.get(UPDATE.uid, EVERYTHING)
    assert stored
    answer = admin.get(f"/audit/events/{UPDATE.uid}?format=json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{UPDATE.uid}.json"'
    assert sha256(stored.salt + answer.data).digest() == stored.digest


def test_link_and_curl_can_be_copied(add: Add, look: Look) -> None:
    add(UPDATE)
    page = look(f"/audit/events/{UPDATE.uid}")
    assert (
        page.one("input", readonly="").attrs["value"]
        == f"http://localhost/audit/events/{UPDATE.uid}"
    )
    assert page.one("textarea").text == (
        f'curl -H "Authorization: Bearer $TOKEN" http://localhost/audit/realms/default/events/{UPDATE.uid}'
    )


def test_the_session_shows_what_else_was_done_in_it(add: Add, look: Look) -> None:
    login = event("access.LOGIN", auth_details=MAYA, time=NOON - 60_000)
    add(UPDATE, login, event("of.another"))
    page = look(f"/audit/events/{UPDATE.uid}")
    rows = page.one("ol", "line").all("li")
    assert [row.one("*", "type").text for row in rows] == ["admin.USER-UPDATE", "access.LOGIN"]
    assert rows[0].attrs["aria-current"] == "true"
    assert page.link("access.LOGIN") == f"/audit/events/{login.uid}"


def test_an_old_event_of_a_long_session_is_in_its_list(add: Add, look: Look) -> None:
    later = [event("later", auth_details=MAYA, time=NOON + n) for n in range(9)]
    add(event("access.LOGIN", auth_details=MAYA, time=NOON - 9), UPDATE, *later)
    rows = look(f"/audit/events/{UPDATE.uid}").one("ol", "line").all("li")
    assert "this event" in [row.all("span")[-1].text for row in rows]


def test_what_else_it_has_in_common_with_others_is_a_link_away(add: Add, look: Look) -> None:
    add(UPDATE, event("same.path", resource_path="users/7"), event("of.another"))
    add(*(event("same.session", auth_details=MAYA, time=NOON - n) for n in range(20)))
    tabs = look(f"/audit/events/{UPDATE.uid}").one("nav", "tabs")
    assert [tab.text for tab in tabs.all("a")] == ["Session 11+", "Actor 11+", "Resource 2"]
    page = look(tabs.link("Resource 2"))
    shown = page.one("ol", "line").all("li")
    assert [row.one("*", "type").text for row in shown] == ["same.path", "admin.USER-UPDATE"]
    assert page.link("Search them all") == "/audit/?resource=users/7"
    assert page.one("h2", id="around").text == "This resource"


def test_a_group_that_is_not_there_is_not_asked_for(add: Add, look: Look) -> None:
    add(UPDATE, event("same.path", resource_path="users/7"))
    page = look(f"/audit/events/{UPDATE.uid}?related=nonsense")
    assert page.one("h2", id="around").text == "This resource"
    assert page.all("nav", "tabs") == []


def test_others_are_those_that_one_may_see(add: Add, look: Look, nora: FlaskClient) -> None:
    mine = event("mine", organization_id="northwind", auth_details=MAYA, time=NOON - 1)
    add(UPDATE, mine, event("theirs", organization_id="globex", auth_details=MAYA))
    shown = look(f"/audit/events/{UPDATE.uid}", client=nora).one("ol", "line").all("li")
    assert [row.one("*", "type").text for row in shown] == ["admin.USER-UPDATE", "mine"]


def test_an_event_alone_in_its_session_has_no_list(add: Add, look: Look) -> None:
    add(UPDATE)
    assert look(f"/audit/events/{UPDATE.uid}").all("ol", "line") == []


def test_a_long_error_is_shown_whole_and_its_code_in_the_sentence(add: Add, look: Look) -> None:
    it = event("a.b", error="AccessDenied: " + "why " * 100)
    add(it)
    page = look(f"/audit/events/{it.uid}")
    assert page.one("h1").text == "a.b: AccessDenied"
    assert page.one("div", "notice-bad").text.count("why") == 100


def test_a_view_is_recorded(host: Flask, add: Add, look: Look) -> None:
    add(UPDATE)
    look(f"/audit/events/{UPDATE.uid}")
    (read,) = of(host).store.find(Query(type="admin.AUDIT_LOG-ACTION"), EVERYTHING, limit=9).records
    assert read.event.details == {"action": "view", "records": 1}
    assert read.event.resource_path == f"realms/default/events/{UPDATE.uid}"


def test_a_view_is_recorded_with_what_else_was_shown(host: Flask, add: Add, look: Look) -> None:
    later = [event("later", auth_details=MAYA, time=NOON + n) for n in range(9)]
    add(UPDATE, *later)
    for path, shown in ((f"{later[-1].uid}", 10), (f"{later[-1].uid}?format=json", 1)):
        with host.app_context():
            position = of(host).store.head()
        answer = entered(host, "admin").get(f"/audit/events/{path}")
        assert answer.status_code == 200
        reads = of(host).store.after(position, Query(reads=True), EVERYTHING, limit=9)
        told = [each.event.details for each in reads if each.event.type == READ_TYPE]
        assert told == [{"action": "view", "records": shown}]


def test_a_reader_of_one_organization_sees_no_position(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    add(UPDATE)
    facts = look(f"/audit/events/{UPDATE.uid}", client=nora).one("aside").facts()
    assert "Position" not in facts
    assert facts["uid"] == UPDATE.uid


def test_an_event_of_others_is_not_there(add: Add, look: Look, nora: FlaskClient) -> None:
    it = event(organization_id="x")
    add(it)
    page = look(f"/audit/events/{it.uid}", status=404, client=nora)
    assert page.one("h1").text == "There is no such page"
