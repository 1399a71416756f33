"""Nothing that is sent, in any way, changes what the link was not made for."""

from __future__ import annotations

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from flask_auditlog import AuditLog
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from tests.web.admin.conftest import make_host
from tests.web.admin.webhooks.conftest import values
from tests.web.viewer.conftest import FOREIGN
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.hooks import make
from tests.web.viewer.hooks import mine
from tests.web.viewer.hooks import NORTHWIND
from tests.web.viewer.hooks import operators
from tests.web.viewer.hooks import URL

OTHERS = {
    "another organization": Scope(realm="default", organization_id="other"),
    "the realm": Scope(realm="default", organization_id=None),
    "another realm": Scope(realm="staging", organization_id="northwind"),
}
READ = ("", "/edit", "/delete", "/deliveries/{sent}")
DONE = (
    "/edit",
    "/delete",
    "/test",
    "/enable",
    "/disable",
    "/rotate",
    "/retire",
    "/deliveries/{sent}/resend",
)


@pytest.fixture
def made() -> tuple[Flask, AuditLog]:
    """The app."""
    return make_host(AUDITLOG_REALMS=["default", "staging"], AUDITLOG_CAPTURE={"logins": False})


@pytest.fixture
def guest(invite: Invite) -> Guest:
    """Nora of northwind, who may change its webhooks."""
    return invite(allow={"webhooks"})


def genuine(guest: Guest) -> dict[str, str]:
    """The fields of a form of theirs."""
    return values(guest.look("webhooks/new").one("form", method="post"))


@pytest.mark.parametrize("whose", OTHERS)
def test_a_webhook_of_somebody_else_is_not_told_from_one_that_is_not_there(
    host: Flask, guest: Guest, whose: str
) -> None:
    scope = OTHERS[whose]
    hook = operators(host, scope, description=FOREIGN)
    own = make(guest)
    nothing = own.id[:-12] + "0" * 12
    fields = genuine(guest) | {"url": URL + "/taken", "grace": "0", "resume": "all"}
    for rest in READ:
        unknown, foreign = (
            guest.get(f"webhooks/{it}{rest.format(sent=nothing)}") for it in (nothing, hook.id)
        )
        assert (foreign.status_code, foreign.text) == (404, unknown.text)
        assert dict(foreign.headers) == dict(unknown.headers)
    for rest in DONE:
        path = f"{guest.path}webhooks/{hook.id}{rest.format(sent=nothing)}"
        assert guest.client.post(path, data=fields).status_code == 404
    assert mine(guest, scope)[-1].version == hook.version
    assert mine(guest, scope)[-1].id == hook.id
    assert FOREIGN not in guest.get("webhooks").text


def test_a_delivery_of_somebody_else_is_not_there_either(
    host: Flask, guest: Guest, invite: Invite
) -> None:
    others = invite("other", allow={"webhooks"})
    theirs = operators(host, OTHERS["another organization"])
    form = others.look(f"webhooks/{theirs.id}").all("form", method="post")[0]
    sent = others.client.post(form.attrs["action"], data=values(form)).location.rpartition("/")[2]
    own = make(guest)
    for endpoint in (theirs.id, own.id):
        path = f"webhooks/{endpoint}/deliveries/{sent}"
        assert guest.get(path).status_code == 404
        answer = guest.client.post(f"{guest.path}{path}/resend", data=genuine(guest))
        assert answer.status_code == 404
    with host.app_context():
        scope = OTHERS["another organization"]
        assert len(of(host).store.sent.to_endpoint(theirs.id, scope)) == 1


@pytest.mark.parametrize(
    "name", ["realm", "org", "organization_id", "zone", "endpoint_id", "token", "q", "cursor", "x"]
)
def test_no_parameter_but_the_few_that_are_there_is_read(guest: Guest, name: str) -> None:
    hook = make(guest)
    fields = genuine(guest)
    for rest in ("webhooks", f"webhooks/{hook.id}", "webhooks/new"):
        assert guest.get(f"{rest}?{name}=other").status_code == 400
        assert guest.client.post(f"{guest.path}{rest}?{name}=other", data=fields).status_code in (
            400,
            405,
        )
    assert mine(guest) == [hook]


FORGED = ("none", "of another link", "of another organization", "edited", "of the admin's")


@pytest.mark.parametrize("kind", FORGED)
def test_a_form_that_was_not_on_a_page_of_the_link_does_nothing(
    kind: str, host: Flask, guest: Guest, invite: Invite, store: SqlStore
) -> None:
    hook = make(guest)
    fields = genuine(guest) | {"url": URL}
    token = fields["auditlog_form"]
    with host.app_context():
        link_id = store.viewer_links.living(NORTHWIND, at_most=1)[0].id
        admins = URLSafeTimedSerializer(of(host).keys("form")[::-1], salt="auditlog.form")
        forged = {
            "none": "",
            "of another link": genuine(invite(allow={"webhooks"}))["auditlog_form"],
            "of another organization": genuine(invite("other", allow={"webhooks"}))[
                "auditlog_form"
            ],
            "edited": token[:-2] + "AA",
            "of the admin's": admins.dumps(link_id),
        }[kind]
    sent = {**fields, "auditlog_form": forged}
    for rest in ("webhooks/new", *(f"webhooks/{hook.id}{it}" for it in DONE if "{" not in it)):
        answer = guest.client.post(guest.path + rest, data=sent)
        assert (answer.status_code, "Nothing was done" in answer.text) == (400, True), rest
    assert mine(guest) == [hook]
    denied = store.find(Query(type="access.PERMISSION_DENIED"), NORTHWIND, limit=100).records
    assert {(each.event.details or {})["reason"] for each in denied} == {"form_refused"}


def test_a_form_that_is_too_old_does_nothing(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = genuine(guest) | {"url": URL}
    monkeypatch.setattr("flask_auditlog.web.viewer.forms.LASTS", -1)
    answer = guest.client.post(f"{guest.path}webhooks/new", data=fields)
    assert (answer.status_code, "too old" in answer.text) == (400, True)
    assert mine(guest) == []


def test_a_form_without_an_end_is_not_read(guest: Guest) -> None:
    fields = genuine(guest)
    answer = guest.client.post(
        f"{guest.path}webhooks/new", data=fields, headers={"Transfer-Encoding": "chunked"}
    )
    assert answer.status_code in (200, 303, 400)
    answer = guest.client.post(f"{guest.path}webhooks/new", data=fields | {"filter": "x" * 300_000})
    assert answer.status_code == 413


def test_a_link_that_ended_does_nothing(guest: Guest, store: SqlStore) -> None:
    hook = make(guest)
    fields = genuine(guest)
    (link,) = store.viewer_links.living(NORTHWIND, at_most=9)
    store.viewer_links.revoke(link.id, link.scope)
    unknown = guest.client.get(guest.path[:-5] + "/webhooks")
    for rest in ("webhooks/new", *(f"webhooks/{hook.id}{it}" for it in DONE if "{" not in it)):
        answer = guest.client.post(guest.path + rest, data=fields)
        assert (answer.status_code, answer.text) == (404, unknown.text)
    assert mine(guest) == [hook]


def test_neither_a_login_nor_a_token_makes_a_link_do_more(
    host: Flask, guest: Guest, store: SqlStore
) -> None:
    hook = operators(host, OTHERS["another organization"])
    _, secret = store.tokens.create(name="all", realm="default", permissions=["manage-events"])
    guest.client.get("/as/admin")
    headers = {"Authorization": f"Bearer {secret}", "X-Organization": "other"}
    assert guest.get(f"webhooks/{hook.id}", headers=headers).status_code == 404
    assert hook.id not in guest.get("webhooks", headers=headers).text
    # And who looks at the admin's pages afterwards is nobody's guest.
    assert guest.client.get("/audit/webhooks").status_code == 403
