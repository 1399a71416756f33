"""The page of exports: what is sent at once, what is made in the background, and whose that is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256

import pytest
from flask import Flask

from flask_auditlog.event import encode
from flask_auditlog.state import of
from flask_auditlog.web.admin import forms
from flask_auditlog.web.exports.exporter import exporter_of
from tests.web.admin.conftest import entered
from tests.web.admin.samples import event
from tests.web.admin.webhooks.conftest import make_hooking
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import values

HOSTILE = '<script>alert(1)</script>\u202e"=1+1'


@pytest.fixture(scope="module")
def ledger() -> Iterator[Flask]:
    """An app that sends five events at once, and makes a file of more."""
    host = make_hooking(AUDITLOG_LIMITS={"export_events": 5})
    with host.app_context():
        some = [event("a.b", organization_id="northwind") for _ in range(7)]
        some += [event("few.b", error=HOSTILE), event("few.c", organization_id="contoso")]
        of(host).store.append([encode(each) for each in some])
    yield host
    of(host).store.close()


@pytest.fixture
def olga(ledger: Flask) -> Iterator[Person]:
    """Somebody who sees everything, and has nothing left when they go."""
    person = Person(entered(ledger, "admin"))
    yield person
    for form in person.look("/audit/exports").all("form", method="post"):
        person.client.post(form.attrs["action"], data=values(form))


def cancels(person: Person) -> list[str]:
    page = person.look("/audit/exports")
    return [form.attrs["action"] for form in page.all("form", method="post")]


def make(ledger: Flask) -> None:
    exporter_of(of(ledger)).run()


def begun(person: Person, query: str = "type=a.*&format=ndjson") -> str:
    """Have something made; return the address of its file."""
    answer = person.send(f"/audit/exports?{query}")
    assert answer.status_code == 303, answer.text
    (action,) = cancels(person)[:1]
    return action.replace("/cancel", "/file")


def test_few_events_are_sent_at_once(olga: Person) -> None:
    answer = olga.client.get("/audit/export?format=json&type=few.*", buffered=True)
    assert len(json.loads(answer.data)) == 2
    address = answer.headers["Link"].removeprefix("<").partition(">")[0]
    told = olga.client.get(address)
    assert told.headers["Content-Disposition"].endswith('.json.manifest.json"')
    assert json.loads(told.data)["sha256"] == sha256(answer.data).hexdigest()


def test_the_form_of_the_page_sends_its_query_also_when_it_is_empty(olga: Person) -> None:
    answer = olga.client.get("/audit/export?q=&type=few.*&format=ndjson", buffered=True)
    assert answer.text.count("\n") == 2


def test_columns_are_those_whose_boxes_are_checked(olga: Person) -> None:
    text = olga.client.get(
        "/audit/export?format=csv&type=few.*&columns=type&columns=error", buffered=True
    ).text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["type", "error"]
    assert {row[0] for row in rows[1:]} == {"few.b", "few.c"}
    # The boxes are checked whatever the format is: they are for tables.
    answer = olga.client.get("/audit/export?format=ndjson&type=few.*&columns=type", buffered=True)
    assert answer.status_code == 200


def test_many_are_asked_for_on_the_page_with_what_was_asked(olga: Person) -> None:
    answer = olga.client.get("/audit/export?format=csv&type=a.*&columns=type,uid")
    assert answer.status_code == 302
    assert answer.location == "/audit/exports?type=a.*&format=csv&columns=type,uid"
    page = olga.look(answer.location)
    assert "too much to send at once" in page.text
    assert page.one("form", method="post").attrs["action"] == answer.location


def test_a_file_is_made_watched_fetched_and_deleted(olga: Person, ledger: Flask) -> None:
    answer = olga.send("/audit/exports?type=a.*&format=csv&columns=type,uid")
    assert answer.location == "/audit/exports?watch=1"
    watched = olga.client.get(answer.location)
    assert watched.headers["Refresh"] == "3"
    assert "Being made" in watched.text
    assert "0 of 7 events" in " ".join(watched.text.split())
    assert "Refresh" not in olga.client.get("/audit/exports").headers
    make(ledger)
    assert "Refresh" not in olga.client.get(answer.location).headers
    page = olga.look("/audit/exports")
    (link,) = [a for a in page.all("a") if a.text.startswith("Download")]
    file = olga.client.get(link.attrs["href"], buffered=True)
    assert file.text.count("\r\n") == 8
    assert file.content_length == len(file.data)
    assert file.headers["Content-Disposition"].endswith('.csv"')
    (told,) = [a for a in page.all("a") if a.text.startswith("Manifest of CSV")]
    manifest = json.loads(olga.client.get(told.attrs["href"]).data)
    assert manifest["sha256"] == sha256(file.data).hexdigest()
    assert manifest["columns"] == ["type", "uid"]
    olga.send("/audit/exports", form=0)
    assert olga.client.get(link.attrs["href"]).status_code == 404


def test_it_is_nobody_elses(olga: Person, ledger: Flask) -> None:
    address = begun(olga)
    make(ledger)
    for name in ("viewer", "nora", "carl"):
        other = Person(entered(ledger, name))
        assert other.client.get(address).status_code == 404
        assert "Ready" not in other.look("/audit/exports").text
        sealed = values(other.look("/audit/exports?type=a.*&format=csv").one("form", method="post"))
        gone = other.client.post(address.replace("/file", "/cancel"), data=sealed)
        assert gone.status_code == 404
    assert Person(entered(ledger, "nobody")).client.get(address).status_code == 403
    assert olga.client.get(address, buffered=True).status_code == 200


def test_an_organization_has_its_own_made(ledger: Flask) -> None:
    nora = Person(entered(ledger, "nora"))
    address = begun(nora, "format=ndjson")
    make(ledger)
    lines = nora.client.get(address, buffered=True).text.splitlines()
    assert {json.loads(line)["organizationId"] for line in lines} == {"northwind"}
    assert all("position" not in json.loads(line) for line in lines)
    assert "position" not in {
        box.attrs["value"] for box in nora.look("/audit/exports").all("input", name="columns")
    }
    nora.send("/audit/exports", form=0)


def test_it_is_cancelled(olga: Person, ledger: Flask) -> None:
    address = begun(olga)
    olga.send("/audit/exports", form=0)
    make(ledger)
    assert "Cancelled" in olga.look("/audit/exports").text
    assert olga.client.get(address).status_code == 404


def test_only_a_form_of_ours_has_something_made(olga: Person) -> None:
    before = len(cancels(olga))
    for address in ("/audit/exports?format=csv", "/audit/exports/x/cancel"):
        assert olga.client.post(address, data={forms.NAME: "x"}).status_code == 400
    assert len(cancels(olga)) == before


@pytest.mark.parametrize(
    "query", ["format=xls", "format=csv&columns=nope", "format=csv&ip=x", "typ=x", "q=(", "format="]
)
def test_what_cannot_be_exported_is_a_page_that_says_why(olga: Person, query: str) -> None:
    assert olga.client.get(f"/audit/export?{query}").status_code == 400
    form = values(olga.look("/audit/exports?type=a.*&format=csv").one("form", method="post"))
    assert olga.client.post(f"/audit/exports?{query}", data=form).status_code == 400


def test_what_was_asked_is_inert(olga: Person) -> None:
    answer = olga.client.get(
        "/audit/exports", query_string={"q": 'error:"<script>alert(1)"', "type": HOSTILE}
    )
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_so_many_at_a_time(olga: Person) -> None:
    form = values(olga.look("/audit/exports?type=a.*&format=csv").one("form", method="post"))
    statuses = [
        olga.client.post("/audit/exports?type=a.*&format=csv", data=form).status_code
        for _ in range(4)
    ]
    assert statuses == [303, 303, 303, 409]
