"""What is too large to be sent at once is made for whom the link was made for, and for nobody else."""

from __future__ import annotations

import json
import time
from hashlib import sha256

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog.event import encode
from flask_auditlog.event import READ_TYPE
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import SqlStore
from flask_auditlog.store.kept import links
from flask_auditlog.web.exports.exporter import exporter_of
from tests.web.admin.conftest import make_host
from tests.web.admin.samples import event
from tests.web.admin.webhooks.conftest import values
from tests.web.viewer.conftest import FOREIGN
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.hooks import forms
from tests.web.viewer.hooks import NORTHWIND
from tests.web.viewer.hooks import send

LARGE = "exports?q=type:a.*&format=ndjson"


@pytest.fixture
def made() -> tuple[Flask, AuditLog]:
    """The app, which sends five events at once."""
    host, audit = make_host(
        AUDITLOG_REALMS=["default", "staging"],
        AUDITLOG_CAPTURE={"logins": False},
        AUDITLOG_LIMITS={"export_events": 5},
    )
    some = [event(f"a.{n}", organization_id="northwind") for n in range(7)]
    some += [event("few.b", organization_id="northwind")]
    some += [event("a.other", organization_id="other", details={"mark": FOREIGN})]
    with host.app_context():
        audit.events.append([encode(each) for each in some])
    return host, audit


def make(host: Flask) -> None:
    """Make all that is asked for."""
    exporter_of(of(host)).run()


def begun(guest: Guest, rest: str = LARGE) -> str:
    """Have a file made; return the path of the file below the link."""
    answer = send(guest, rest)
    assert answer.status_code == 303, answer.text
    (action,) = forms(guest.look("exports"))[:1]
    return action.removeprefix(guest.path).replace("/cancel", "/file")


def test_few_events_are_sent_at_once_and_many_are_asked_for(guest: Guest) -> None:
    assert guest.get("export?format=ndjson&q=type:few.*").text.count("few.b") == 1
    answer = guest.get("export?q=type:a.*&kind=&since=&format=csv")
    assert answer.status_code == 302
    path, _, query = answer.location.partition("?")
    assert path == f"{guest.path}exports"
    assert sorted(query.split("&")) == ["format=csv", "q=type:a.*"]
    page = guest.look(answer.location.removeprefix(guest.path))
    assert "too much to send at once" in page.text
    assert page.link("Activity") == guest.path


def test_a_file_is_made_watched_fetched_and_deleted(
    host: Flask, guest: Guest, store: SqlStore
) -> None:
    answer = send(guest, LARGE)
    assert answer.location == f"{guest.path}exports?watch=1"
    watched = guest.client.get(answer.location)
    assert watched.headers["Refresh"] == "3"
    assert "0 of 7 events" in " ".join(watched.text.split())
    make(host)
    assert "Refresh" not in guest.client.get(answer.location).headers
    page = guest.look("exports")
    fetched = guest.client.get(page.one("a", "btn-main").attrs["href"], buffered=True)
    assert fetched.headers["Content-Disposition"] == 'attachment; filename="activity.ndjson"'
    lines = [json.loads(line) for line in fetched.text.splitlines()]
    assert sorted(line["type"] for line in lines) == [f"a.{n}" for n in range(7)]
    assert "position" not in fetched.text
    assert FOREIGN not in fetched.text
    reads = store.find(Query(type="admin.AUDIT_LOG-ACTION", reads=True), NORTHWIND, limit=9).records
    assert {(each.event.auth_details or Actor()).user_id for each in reads} == {"nora"}
    assert (reads[0].event.details or {})["action"] == "fetch"
    (manifest,) = [a.attrs["href"] for a in page.all("a") if a.text.startswith("Manifest")]
    told = json.loads(guest.client.get(manifest).data)
    assert (told["records"], told["sha256"]) == (7, sha256(fetched.data).hexdigest())
    file = page.one("a", "btn-main").attrs["href"]
    assert send(guest, "exports").status_code == 303
    assert guest.client.get(file).status_code == 404
    assert "Deleted" in guest.look("exports").text


def manifest_of(answer: TestResponse) -> str:
    """Where the manifest of a file that was sent at once can be had."""
    address, _, relation = answer.headers["Link"].partition(">; ")
    assert relation == 'rel="describedby"'
    return address.removeprefix("<")


def test_a_file_that_is_sent_at_once_has_a_manifest_too(guest: Guest, store: SqlStore) -> None:
    file = guest.get("export?format=csv&q=type:few.*", buffered=True)
    address = manifest_of(file)
    assert address.startswith(f"{guest.path}exports/")
    answer = guest.client.get(address)
    named = answer.headers["Content-Disposition"]
    assert named == 'attachment; filename="activity.csv.manifest.json"'
    told = json.loads(answer.data)
    viewed, ended, _ = store.find(Query(type=READ_TYPE), NORTHWIND, limit=3).records
    assert told == {
        "file": "activity.csv",
        "realm": "default",
        "organizationId": "northwind",
        "exportedBy": told["exportedBy"],
        "began": told["began"],
        "ended": told["ended"],
        "format": "csv",
        "query": {"q": "type:few.*"},
        "complete": True,
        "records": 1,
        "bytes": len(file.data),
        "sha256": sha256(file.data).hexdigest(),
        "times": told["times"],
        # Where it stands in the log is not told.
        "event": ended.event.uid,
    }
    assert told["exportedBy"]["userId"] == "nora"
    # That somebody looks at it is on record as theirs.
    assert (viewed.event.details or {})["action"] == "view"
    assert (viewed.event.auth_details or Actor()).user_id == "nora"


@pytest.mark.parametrize("part", ["", "/drawer"], ids=["page", "drawer"])
def test_what_says_that_a_file_was_taken_leads_to_its_manifest(
    guest: Guest, store: SqlStore, part: str
) -> None:
    file = guest.get("export?format=csv&q=type:few.*", buffered=True)
    ended, began = store.find(Query(type=READ_TYPE), NORTHWIND, limit=2).records
    page = guest.look(f"events/{ended.event.uid}{part}")
    told = json.loads(guest.client.get(page.link("Manifest")).data)
    assert told["sha256"] == sha256(file.data).hexdigest()
    # Nothing else has one, also not what only says so.
    forged = event(
        READ_TYPE,
        organization_id="northwind",
        details={"action": "export", "began": began.event.uid},
    )
    store.append([encode(forged)])
    for uid in (began.event.uid, forged.uid):
        assert "Manifest" not in guest.look(f"events/{uid}{part}").text


def test_until_a_file_is_sent_or_made_it_has_no_manifest(host: Flask, guest: Guest) -> None:
    sending = guest.get("export?format=csv&q=type:few.*", buffered=False)
    assert guest.client.get(manifest_of(sending)).status_code == 404
    sending.close()
    assert guest.client.get(manifest_of(sending)).status_code == 200
    begun(guest)
    assert "Manifest" not in guest.look("exports").text
    make(host)
    assert "Manifest" in guest.look("exports").text


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_link_that_ended_gives_no_manifest(
    end: str, guest: Guest, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = manifest_of(guest.get("export?format=csv&q=type:few.*", buffered=True))
    assert guest.client.get(address).status_code == 200
    if end == "revoked":
        (link,) = store.viewer_links.living(NORTHWIND, at_most=9)
        store.viewer_links.revoke(link.id, NORTHWIND)
    else:
        later = time.time_ns() // 1_000_000 + 3_601_000
        monkeypatch.setattr(links, "_now", lambda: later)
    answer = guest.client.get(address)
    assert answer.status_code == 404
    assert "This link does not open anything" in answer.text


def test_nobody_reads_the_manifest_of_another_organization(
    made: tuple[Flask, AuditLog], guest: Guest, invite: Invite
) -> None:
    made[1].authorizer(lambda *_: True)
    whole = guest.client.get("/audit/export?format=csv&type=few.*", buffered=True)
    theirs = manifest_of(guest.get("export?format=csv&q=type:few.*", buffered=True))
    # Of the whole realm, as it is found there.
    uid = whole.headers["Link"].partition("/manifest")[0].rpartition("/")[2]
    for address in (f"{guest.path}exports/{uid}/manifest", f"{guest.path}exports/x/manifest"):
        assert guest.client.get(address).status_code == 404
    for other in (invite("other"), invite(realm="staging")):
        address = theirs.replace(guest.path, other.path)
        assert other.client.get(address).status_code == 404
    # What is no export has none, and nothing else can be asked for.
    assert guest.client.get(f"{theirs}?realm=staging").status_code == 400
    seen = json.loads(guest.client.get(theirs).data)["event"]
    assert guest.get(f"exports/{seen}/manifest").status_code == 404


def test_one_that_is_being_made_is_cancelled(host: Flask, guest: Guest) -> None:
    begun(guest)
    send(guest, "exports")
    make(host)
    assert "Cancelled" in guest.look("exports").text


def test_another_link_for_the_same_person_has_it_too(
    host: Flask, guest: Guest, invite: Invite
) -> None:
    file = begun(guest)
    make(host)
    again = invite()
    assert again.get(file, buffered=True).text.count("a.") == 7


@pytest.mark.parametrize("whose", ["a colleague", "the same id elsewhere", "no id", "the realm's"])
def test_nobody_else_sees_fetches_or_cancels_it(
    whose: str, host: Flask, guest: Guest, invite: Invite
) -> None:
    file = begun(guest)
    make(host)
    other = {
        "a colleague": lambda: invite(actor="tom"),
        "the same id elsewhere": lambda: invite("other"),
        "no id": lambda: invite(actor=Actor(username="nora")),
        "the realm's": lambda: invite(realm="staging"),
    }[whose]()
    own = begun(other) if whose == "a colleague" else None
    page = other.look("exports")
    assert file.split("/")[1] not in page.text
    assert len(forms(page)) == (1 if own else 0)
    assert other.get(file).status_code == 404
    fields = values(other.look(LARGE).one("form", method="post")) if not own else {}
    path = f"{other.path}{file.replace('/file', '/cancel')}"
    assert other.client.post(path, data=fields).status_code in (400, 404)
    assert guest.get(file, buffered=True).status_code == 200


def test_whoever_has_the_same_id_on_the_admin_pages_is_somebody_else(
    made: tuple[Flask, AuditLog], guest: Guest, host: Flask
) -> None:
    made[1].authorizer(lambda *_: True)
    file = begun(guest)
    make(host)
    guest.client.get("/as/nora")
    assert file.split("/")[1] not in guest.client.get("/audit/exports").text
    assert guest.client.get(f"/audit/{file}").status_code == 404


ASKED = [
    "format=exe",
    "format=parquet",
    "",
    "format=csv&realm=staging",
    "format=csv&org=other",
    "format=csv&columns=position",
    "format=csv&cursor=x",
    "format=csv&q=(",
    "format=csv&format=json",
]


@pytest.mark.parametrize("asked", ASKED)
def test_what_may_not_be_asked_is_not_begun(guest: Guest, asked: str) -> None:
    fields = values(guest.look(LARGE).one("form", method="post"))
    answer = guest.client.post(f"{guest.path}exports?{asked}", data=fields)
    assert answer.status_code == 400
    # Nor is it offered.
    assert guest.get(f"exports?{asked}").status_code == (400 if asked else 200)
    assert forms(guest.look("exports")) == []
    for rest in ("exports/x/file?org=other", "exports/x/cancel?org=other"):
        method = "GET" if "file" in rest else "POST"
        assert guest.client.open(guest.path + rest, method=method, data=fields).status_code == 400


def test_a_query_of_others_makes_a_file_without_them(host: Flask, guest: Guest) -> None:
    file = begun(guest, "exports?q=org:other+OR+type:a.*&format=ndjson")
    make(host)
    text = guest.get(file, buffered=True).text
    assert (text.count("a."), FOREIGN in text) == (7, False)


def test_a_form_of_elsewhere_begins_and_ends_nothing(guest: Guest, invite: Invite) -> None:
    def answers(sent: dict[str, str]) -> list[TestResponse]:
        paths = (LARGE, file.replace("/file", "/cancel"))
        return [guest.client.post(guest.path + path, data=sent) for path in paths]

    file = begun(guest)
    theirs = values(invite().look(LARGE).all("form", method="post")[0])
    for sent in ({}, theirs, {"auditlog_form": "x"}):
        assert [each.status_code for each in answers(sent)] == [400, 400]
    assert len(forms(guest.look("exports"))) == 1


def test_so_many_are_made_at_a_time_and_no_more(guest: Guest) -> None:
    for _ in range(3):
        assert send(guest, LARGE).status_code == 303
    answer = send(guest, LARGE)
    assert (answer.status_code, "being made already" in answer.text) == (409, True)


def test_what_the_databases_error_says_is_not_told(
    host: Flask, guest: Guest, store: SqlStore
) -> None:
    begun(guest)
    with host.app_context():
        claimed = store.files.claim("lease", seconds=60)
        assert claimed is not None
        store.files.save(claimed, seconds=60, failures=1, error="db.internal is away")
    page = guest.look("exports")
    assert "db.internal" not in page.text
    assert "It did not go on" in page.text


def test_what_was_searched_for_is_inert(guest: Guest) -> None:
    send(guest, "exports?q=type:a.*+OR+'%3Cscript%3Ealert(1)%3C/script%3E'&format=csv")
    assert "<script" not in guest.get("exports").text
