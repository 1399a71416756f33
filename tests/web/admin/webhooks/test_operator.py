"""The operator's own webhook and the key of tokens: seen and changed by who may change every realm."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flask_auditlog.delivery.catch_all import ID
from flask_auditlog.delivery.catch_all import SCOPE
from flask_auditlog.event import Event
from flask_auditlog.store import SqlStore
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.store.webhooks import EVERY_REALM
from tests.web.admin.webhooks.conftest import MAY
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import recorded
from tests.web.admin.webhooks.conftest import URL
from tests.web.admin.webhooks.conftest import values

LIST = "/audit/webhooks"
TOO = 'tag-warn">published too'
ACTS = ("/catch-all/enable", "/catch-all/disable", "/signing-key/rotate")


@pytest.fixture
def own(store: SqlStore) -> Endpoint:
    """The operator's webhook, which has answered 410."""
    made = store.endpoints.create(
        Endpoint(id=ID, realm=EVERY_REALM, url=URL, enabled=True, event_types=("*",)),
        sealed=None,
        kind="hmac",
        at_most=1,
    )
    store.keyring.kept("webhook-signing-key", lambda: b"of another process")
    store.endpoints.disable(ID, "gone")
    return made


def sent(person: Person, to: str, **typed: str) -> int:
    """Send a form as who has a genuine token of one, if they have any form at all."""
    page = person.client.get(f"{LIST}/new")
    form = values(person.look(f"{LIST}/new").one("form")) if page.status_code == 200 else {}
    return person.client.post(f"{LIST}{to}", data=form | typed).status_code


def noted(store: SqlStore) -> list[Event]:
    return recorded(store, "admin.WEBHOOK-ACTION")


@pytest.mark.usefixtures("own")
def test_one_that_was_disabled_says_so_and_is_enabled_again(admin: Person, store: SqlStore) -> None:
    text = admin.client.get(LIST).text
    assert "the receiver answered 410 Gone" in text
    assert sent(admin, "/catch-all/enable", resume="none") == 303
    found = store.endpoints.get(ID, SCOPE)
    assert found is not None
    assert found.enabled
    assert "answered 410 Gone" not in admin.client.get(LIST).text
    (event,) = noted(store)
    assert (event.realm_id, event.resource_path) == ("default", f"webhooks/{ID}")
    assert event.details == {"action": "enable", "resumed": 0}
    assert sent(admin, "/catch-all/disable") == 303
    assert "somebody disabled it" in admin.client.get(LIST).text


def test_the_key_of_tokens_is_rotated(admin: Person, store: SqlStore) -> None:
    assert "Signing key" not in admin.client.get(LIST).text
    assert sent(admin, "/signing-key/rotate", grace="1") == 303
    text = admin.client.get(LIST).text
    assert "Signing key" in text
    assert TOO not in text
    assert sent(admin, "/signing-key/rotate", grace="24") == 303
    assert TOO in admin.client.get(LIST).text
    for grace in ("0", "169", "x", "-1", "", "\u0661"):
        assert sent(admin, "/signing-key/rotate", grace=grace) == 400
    assert len(store.keyring.live("webhook-signing-key")) == 2


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", sorted(MAY.keys() - {"admin"}))
def test_nobody_else_sees_or_does_it(
    name: str, person: Callable[[str], Person], store: SqlStore
) -> None:
    one = person(name)
    text = one.client.get(LIST).text
    assert "operator" not in text
    assert "Signing key" not in text
    for act in ACTS:
        assert sent(one, act, resume="all", grace="1") == 403
    found = store.endpoints.get(ID, SCOPE)
    assert found is not None
    assert not found.enabled
    assert len(store.keyring.live("webhook-signing-key")) == 1


@pytest.mark.usefixtures("own")
def test_who_may_change_one_realm_of_two_is_not_the_operator(
    admin: Person, store: SqlStore
) -> None:
    store.realms.add("acme")
    assert "operator" not in admin.client.get(LIST).text
    assert [sent(admin, act, resume="all", grace="1") for act in ACTS] == [403] * 3
