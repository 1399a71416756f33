"""What a guest does to the webhooks of their organization, where the link allows it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_wtf import CSRFProtect

from flask_auditlog import AuditLog
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from tests.web.admin.conftest import make_host
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.hooks import forms
from tests.web.viewer.hooks import make
from tests.web.viewer.hooks import mine
from tests.web.viewer.hooks import NORTHWIND
from tests.web.viewer.hooks import operators
from tests.web.viewer.hooks import send
from tests.web.viewer.hooks import URL

HOSTILE = '"><script>alert(1)</script>\u202e' + "x" * 900


# Of a test: what is done in one is not there in the next.
@pytest.fixture
def made() -> tuple[Flask, AuditLog]:
    """The app."""
    return make_host(AUDITLOG_REALMS=["default", "staging"], AUDITLOG_CAPTURE={"logins": False})


@pytest.fixture
def guest(invite: Invite) -> Guest:
    """Nora of northwind, who may change its webhooks."""
    return invite(allow={"webhooks"})


def acts(store: SqlStore) -> list[tuple[str, str | None, str | None]]:
    """What was done to webhooks, oldest first, as northwind sees it: type, action and who."""
    found = store.find(Query(type="admin.WEBHOOK*"), NORTHWIND, limit=100).records
    events = [record.event for record in reversed(found)]
    assert {each.organization_id for each in events} == {"northwind"}
    assert all(each.token_id for each in events)
    return [
        (
            each.type.removeprefix("admin.WEBHOOK-"),
            (each.details or {}).get("action"),
            each.auth_details.user_id if each.auth_details else None,
        )
        for each in events
    ]


def test_a_webhook_is_made_and_its_secret_is_shown_once(guest: Guest) -> None:
    page = send(
        guest, "webhooks/new", url=URL, description="ours", eventTypes="access.*\ninvoice.*"
    )
    (made,) = mine(guest)
    assert (made.url, made.description, made.enabled) == (URL, "ours", True)
    assert made.event_types == ("access.*", "invoice.*")
    assert (made.realm, made.organization_id, made.auth_type) == ("default", "northwind", "hmac")
    assert 'value="whsec_' in page.text
    for rest in ("webhooks", f"webhooks/{made.id}", f"webhooks/{made.id}/edit"):
        assert "whsec_" not in guest.get(rest).text
    assert "ours" in guest.look("webhooks").one("table").text


def test_all_that_is_done_is_on_record_as_whom_the_link_was_made_for(
    guest: Guest, store: SqlStore
) -> None:
    hook = make(guest)
    here = f"webhooks/{hook.id}"
    send(
        guest,
        f"{here}/edit",
        url=f"{URL}/2",
        filter="details.amount:>=1000",
        eventTypes="invoice.*",
    )
    assert (mine(guest)[0].url, mine(guest)[0].filter) == (f"{URL}/2", "details.amount:>=1000")
    test = send(guest, here)
    assert test.status_code == 303
    assert "system.WEBHOOK_TEST" in guest.client.get(test.location).text
    again = send(guest, test.location.removeprefix(guest.path))
    assert again.status_code == 303
    assert again.location != test.location
    assert "whsec_" in send(guest, here, form=1, grace="1").text
    assert send(guest, here, form=1, to=f"{here}/retire").status_code == 303
    assert send(guest, here, to=f"{here}/disable").status_code == 303
    assert not mine(guest)[0].enabled
    assert send(guest, here, to=f"{here}/enable", resume="all").status_code == 303
    assert mine(guest)[0].enabled
    assert send(guest, f"{here}/delete").status_code == 303
    assert mine(guest) == []
    assert acts(store) == [
        ("CREATE", None, "nora"),
        ("UPDATE", None, "nora"),
        ("ACTION", "test", "nora"),
        ("ACTION", "resend", "nora"),
        ("ACTION", "rotate", "nora"),
        ("ACTION", "retire", "nora"),
        ("ACTION", "disable", "nora"),
        ("ACTION", "enable", "nora"),
        ("DELETE", None, "nora"),
    ]


def test_every_address_on_its_pages_is_below_the_link(guest: Guest) -> None:
    hook = make(guest)
    sent = send(guest, f"webhooks/{hook.id}").location.removeprefix(guest.path)
    for rest in (
        "webhooks",
        f"webhooks/{hook.id}",
        "webhooks/new",
        sent,
        f"webhooks/{hook.id}/delete",
    ):
        page = guest.look(rest)
        leads = [each.attrs["href"] for each in page.all("a")] + forms(page)
        assert [each for each in leads if not each.startswith((guest.path, "#"))] == []
        assert page.scripts == page.all("script") == []


def test_what_is_the_operators_is_not_on_its_pages(host: Flask, guest: Guest) -> None:
    hook = operators(host, NORTHWIND, headers={"X-Of-Theirs": "k3y"})
    page = guest.look(f"webhooks/{hook.id}")
    for hidden in ("x-of-theirs", "k3y", "default", "replay", "Show the secret", "position"):
        assert hidden.lower() not in page.one("main").text.lower()
    for name in ("organizationId", "headers", "timeout", "pollingOnly", "authType", "secret"):
        assert not guest.look("webhooks/new").all("*", name=name)
    for rest in ("reveal", "replays", "replays/begin"):
        assert guest.client.post(f"{guest.path}webhooks/{hook.id}/{rest}").status_code == 404


def test_what_keys_are_sent_along_to_is_not_sent_elsewhere(host: Flask, guest: Guest) -> None:
    for given in (
        {"headers": {"X-Of-Theirs": "k3y"}},
        {"auth_type": "bearer", "algorithm": "RS256"},
    ):
        hook = operators(host, NORTHWIND, **given)
        page = f"webhooks/{hook.id}/edit"
        assert "readonly" in guest.look(page).one("input", id="url").attrs
        answer = send(guest, page, url="https://93.184.216.35/mine")
        assert answer.status_code == 400
        assert "The address stays" in answer.text
        assert mine(guest)[0].url == URL
        # All else of it can be changed, and nothing that was not in the form is.
        assert send(guest, page, description="theirs").status_code == 303
        after = mine(guest)[0]
        assert (after.description, after.headers, after.auth_type) == (
            "theirs",
            hook.headers,
            hook.auth_type,
        )


def test_what_is_not_in_its_form_is_not_heard(guest: Guest) -> None:
    more = {
        "organizationId": "other",
        "realm": "staging",
        "headers": "X-Key: k3y",
        "timeout": "30",
        "rateLimit": "9",
        "authType": "none",
        "ordering": "fifo",
        "excludeClients": "web",
        "pollingOnly": "on",
        "secret": "whsec_" + "A" * 43 + "=",
    }
    hook = make(guest, **more)
    send(guest, f"webhooks/{hook.id}/edit", 0, "", **more)
    (after,) = mine(guest)
    for it in (hook, after):
        assert (it.realm, it.organization_id, it.url) == ("default", "northwind", URL)
        assert (it.headers, it.timeout, it.rate_limit, it.exclude_clients) == (None, None, None, ())
        assert (it.auth_type, it.ordering) == ("hmac", "none")
    assert mine(guest, Scope(realm="staging", organization_id=None)) == []


@pytest.mark.parametrize(
    "url", ["", "http://10.0.0.1/", "https://169.254.169.254/", "file:///x", "x"]
)
def test_an_address_that_is_not_open_is_not_taken(guest: Guest, url: str) -> None:
    answer = send(guest, "webhooks/new", url=url)
    assert answer.status_code == 400
    assert 'id="url-error-1"' in answer.text
    assert mine(guest) == []


def test_an_organization_has_so_many_and_no_more(invite: Invite, host: Flask) -> None:
    at_most = of(host).settings.webhooks.per_realm
    for n in range(at_most - 1):
        operators(host, NORTHWIND, url=f"{URL}/{n}")
    guest = invite(allow={"webhooks"})
    make(guest)
    answer = send(guest, "webhooks/new", url=URL)
    assert answer.status_code == 400
    assert f"There are {at_most} webhooks already" in answer.text
    assert len(mine(guest)) == at_most


def test_a_host_that_protects_its_own_forms_lets_ours_pass(host: Flask, guest: Guest) -> None:
    CSRFProtect(host)
    assert make(guest).url == URL
    assert "Set-Cookie" not in guest.get("webhooks/new").headers


def test_what_somebody_typed_is_inert(guest: Guest) -> None:
    hook = make(guest, description=HOSTILE, filter="details.x:'<script>'")
    sent = send(guest, f"webhooks/{hook.id}").location.removeprefix(guest.path)
    for rest in ("webhooks", f"webhooks/{hook.id}", f"webhooks/{hook.id}/edit", sent):
        text = guest.get(rest).text
        assert "<script" not in text
        # What is typed again stands in its field as it is.
        assert "\u202e" not in text or rest.endswith("edit")


def test_without_a_word_of_the_host_there_is_nothing_to_change(
    invite: Invite, host: Flask, store: SqlStore
) -> None:
    hook = operators(host, NORTHWIND)
    one = invite()
    assert one.look().all("nav") == []
    routes = [
        r for r in host.url_map.iter_rules() if r.rule.startswith("/audit/viewer/<token>/web")
    ]
    assert len(routes) == 12
    for rule in routes:
        path = rule.rule.replace("<endpoint_id>", hook.id).replace("<delivery_id>", hook.id)
        path = path.replace("/audit/viewer/<token>/", one.path)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = one.client.open(path, method=method, data={"url": URL})
            assert (answer.status_code, hook.id in answer.text) == (404, False)
    assert mine(one) == [hook]
    denied = store.find(Query(type="access.PERMISSION_DENIED"), NORTHWIND, limit=100).records
    assert {(each.event.details or {})["reason"] for each in denied} == {"not_permitted"}
