"""What a guest does to the tokens of their organization, where the link allows it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import encode
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store import Query
from flask_auditlog.store import SqlStore
from flask_auditlog.store import Token
from flask_auditlog.web.viewer import tokens
from tests.web.admin.conftest import make_host
from tests.web.admin.screen import read
from tests.web.admin.webhooks.conftest import values
from tests.web.viewer.conftest import FOREIGN
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.conftest import MINE
from tests.web.viewer.conftest import OTHERS
from tests.web.viewer.hooks import forms
from tests.web.viewer.hooks import NORTHWIND

HOSTILE = '"><script>alert(1)</script>'
YEAR = 365 * 24 * 3600 * 1000


@pytest.fixture
def made() -> tuple[Flask, AuditLog]:
    """The app, with events of northwind and of others."""
    host, audit = make_host(
        AUDITLOG_REALMS=["default", "staging"], AUDITLOG_CAPTURE={"logins": False}
    )
    with host.app_context():
        audit.events.append([encode(each) for each in (*OTHERS.values(), *MINE)])
    return host, audit


@pytest.fixture
def guest(invite: Invite) -> Guest:
    """Nora of northwind, who may make its tokens."""
    return invite(allow={"tokens"})


def fields(guest: Guest) -> dict[str, Any]:
    """The form for a new token, as it is."""
    return values(guest.look("tokens").all("form", method="post")[-1])


def asked(guest: Guest, **typed: Any) -> Any:
    """Send the form for a new token."""
    sent = fields(guest) | {"name": "siem", "permission": "view-events"} | typed
    return guest.client.post(f"{guest.path}tokens", data=sent)


def made_by(guest: Guest, **typed: Any) -> str:
    """Make a token; return its secret."""
    answer = asked(guest, **typed)
    assert answer.status_code == 200, answer.text
    return read(answer.text).one("input", readonly="").attrs["value"]


def others(store: SqlStore) -> dict[str, Token]:
    """Tokens that are not northwind's."""
    return {
        realm or org or "the realm": store.tokens.create(
            name=f"{FOREIGN} {realm}{org}",
            realm=realm or "default",
            organization_id=org,
            permissions=PERMISSIONS,
        )[0]
        for realm, org in (("", "other"), ("", None), ("staging", "northwind"))
    }


def test_a_token_is_made_shown_once_and_opens_the_organization_alone(
    host: Flask, guest: Guest, store: SqlStore
) -> None:
    secret = made_by(guest)
    (token,) = store.tokens.all()
    assert (token.realm, token.organization_id, token.created_by) == (
        "default",
        "northwind",
        "nora",
    )
    assert token.permissions == {"view-events"}
    assert token.expires_time is not None
    assert token.expires_time - token.created_time <= YEAR
    text = guest.get("tokens").text
    assert (secret in text, "siem" in text) == (False, True)
    headers = {"Authorization": f"Bearer {secret}"}
    found = host.test_client().get("/audit/realms/default/events", headers=headers)
    assert (found.status_code, "mine.0" in found.text, FOREIGN in found.text) == (200, True, False)
    assert "position" not in found.text


def test_what_is_done_is_on_record_as_whom_the_link_was_made_for(
    guest: Guest, store: SqlStore
) -> None:
    made_by(guest)
    (token,) = store.tokens.all()
    (end,) = [each for each in forms(guest.look("tokens")) if each.endswith("/revoke")]
    assert guest.client.post(end, data=fields(guest)).status_code == 303
    assert store.tokens.all()[0].revoked_time is not None
    for type_ in ("admin.AUDIT_LOG-DELETE", "admin.AUDIT_LOG-CREATE"):
        found = store.find(Query(type=type_, reads=True), NORTHWIND, limit=9).records
        (event,) = [
            each.event for each in found if each.event.resource_path == f"tokens/{token.id}"
        ]
        assert (event.auth_details and event.auth_details.user_id) == "nora"
        assert event.token_id == store.viewer_links.living(NORTHWIND, at_most=1)[0].id


@pytest.mark.parametrize(
    "typed",
    [
        {"permission": "manage-events"},
        {"permission": "publish-as"},
        {"permission": ["view-events", "manage-events"]},
        {"permission": []},
        {"permission": "*"},
        {"days": ""},
        {"days": "366"},
        {"days": "-1"},
        {"days": "1e9"},
        {"name": ""},
        {"name": "x" * 256},
        {"name": "a\nb"},
    ],
    ids=repr,
)
def test_what_may_not_be_is_not_made(guest: Guest, store: SqlStore, typed: dict[str, Any]) -> None:
    assert asked(guest, **typed).status_code == 400
    assert store.tokens.all() == []


def test_no_field_and_no_parameter_makes_it_another_organizations(
    guest: Guest, store: SqlStore
) -> None:
    made_by(guest, organization="other", organization_id="other", realm="staging")
    (token,) = store.tokens.all()
    assert (token.realm, token.organization_id) == ("default", "northwind")
    for name in ("realm", "organization", "org", "token", "zone"):
        assert guest.get(f"tokens?{name}=other").status_code == 400
        answer = guest.client.post(f"{guest.path}tokens?{name}=other", data=fields(guest))
        assert answer.status_code == 400
    assert len(store.tokens.all()) == 1


def test_tokens_of_others_are_not_seen_and_not_ended(guest: Guest, store: SqlStore) -> None:
    foreign = others(store)
    page = guest.look("tokens")
    assert FOREIGN not in page.text
    sent = fields(guest)
    for token in (*foreign.values(), None):
        path = f"{guest.path}tokens/{token.id if token else 'x'}/revoke"
        assert guest.client.post(path, data=sent).status_code == 404
    assert [each.revoked_time for each in store.tokens.all()] == [None] * 3


def test_an_organization_has_so_many_and_no_more(
    guest: Guest, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST", 2)
    others(store)
    made_by(guest)
    made_by(guest)
    assert "There are 2 tokens already" in asked(guest).text
    store.tokens.revoke(store.tokens.all()[0].id)
    made_by(guest)


def test_a_form_that_was_not_on_a_page_of_the_link_does_nothing(
    guest: Guest, invite: Invite, store: SqlStore
) -> None:
    made_by(guest)
    token = store.tokens.all()[0].id
    for form in ("", fields(invite(allow={"tokens"}))["auditlog_form"]):
        assert asked(guest, auditlog_form=form).status_code == 400
        path = f"{guest.path}tokens/{token}/revoke"
        assert guest.client.post(path, data={"auditlog_form": form}).status_code == 400
    assert [each.revoked_time for each in store.tokens.all()] == [None]


@pytest.mark.parametrize("allow", [(), {"webhooks"}], ids=["nothing", "webhooks"])
def test_without_a_word_of_the_host_there_are_no_tokens(
    invite: Invite, guest: Guest, store: SqlStore, allow: Any
) -> None:
    made_by(guest)
    token = store.tokens.all()[0].id
    one = invite(allow=allow)
    assert one.get("tokens").status_code == 404
    for rest in ("tokens", f"tokens/{token}/revoke"):
        assert one.client.post(one.path + rest, data=fields(guest)).status_code == 404
    assert guest.get("webhooks").status_code == 404
    assert [each.revoked_time for each in store.tokens.all()] == [None]


def test_one_that_cannot_be_put_on_record_opens_nothing(
    host: Flask, guest: Guest, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = fields(guest) | {"name": "siem", "permission": "view-events"}

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(host.extensions["auditlog"].recorder, "record", away)
    assert guest.client.post(f"{guest.path}tokens", data=sent).status_code == 503
    assert all(each.revoked_time for each in store.tokens.all())


def test_a_name_is_inert_and_the_operator_is_not_named(guest: Guest, store: SqlStore) -> None:
    made_by(guest, name=HOSTILE)
    store.tokens.create(
        name="theirs",
        realm="default",
        organization_id="northwind",
        permissions=PERMISSIONS,
        created_by="sofia@operator",
    )
    text = guest.get("tokens").text
    assert "<script" not in text
    assert "sofia@operator" not in text
