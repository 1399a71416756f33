"""The whole way: a webhook made over HTTP, an event, and a receiver who verifies what comes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from flask_auditlog.delivery import signing
from flask_auditlog.delivery.operating import Operator
from flask_auditlog.recorder import Context
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store.outbox import tables as outbox

from .hooked import Hooked
from .sinks import answering
from .sinks import OK
from .sinks import Request
from .sinks import sink


class Client:
    """A program of a customer's, with a token."""

    def __init__(self, hooked: Hooked) -> None:
        _, secret = hooked.store.tokens.create(
            name="robot", realm="default", permissions=PERMISSIONS
        )
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._client = hooked.app.test_client()

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        url = f"/audit/realms/default/{path}"
        answer = self._client.open(url, method=method, json=body, headers=self._headers)
        assert answer.status_code < 300, answer.text
        location = answer.headers.get("Location")
        return location.rsplit("/", 1)[1] if location else answer.get_json(silent=True)


@pytest.fixture
def client(hooked: Hooked) -> Client:
    return Client(hooked)


def is_genuine(request: Request, secret: str) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


def test_what_was_made_over_http_is_signed_by_the_secret_that_is_told_there(
    hooked: Hooked, client: Client
) -> None:
    with sink(answering(OK)) as server:
        hook = {"url": server.url, "enabled": True, "eventTypes": ["invoice.*"]}
        made = client("POST", "webhooks", hook | {"authType": "hmac", "headers": {"X-Key": "mine"}})
        first = client("GET", f"webhooks/{made}/secret")["value"]
        (uid,) = hooked.record("invoice.paid")
        hooked.deliverer.run()
        second = client("POST", f"webhooks/{made}/rotate")["value"]
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        third = client("POST", f"webhooks/{made}/rotate", {"grace": 0})["value"]
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        client("POST", f"webhooks/{made}/retire")
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    one, two, three, four = server.requests
    assert json.loads(one.body)["uid"] == uid
    assert one.headers["x-key"] == "mine"
    assert [is_genuine(one, each) for each in (first, second, third)] == [True, False, False]
    assert [is_genuine(two, each) for each in (first, second, third)] == [True, True, False]
    # The first one's time is not over: only the second was let go at once.
    assert [is_genuine(three, each) for each in (first, second, third)] == [True, False, True]
    assert [is_genuine(four, each) for each in (first, second, third)] == [False, False, True]
    expected = signing.phase_two(third, "HmacSHA256", three.body)
    assert three.headers["x-keycloak-signature"] == expected


def test_a_token_is_verified_by_the_keys_that_are_published(hooked: Hooked, client: Client) -> None:
    jwt = pytest.importorskip("jwt")
    with sink(answering(OK)) as server:
        hook = {"url": server.url, "enabled": True, "eventTypes": ["*"], "authType": "bearer"}
        client("POST", "webhooks", hook | {"audience": "them"})
        hooked.deliverer.run()
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    request = server.requests[-1]
    token = request.headers["authorization"].removeprefix("Bearer ")
    keys = jwt.PyJWKSet.from_dict(client("GET", "protocol/openid-connect/certs"))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    said = jwt.decode(token, key, algorithms=["RS256"], audience="them")
    assert said["iss"] == "default"
    assert said["request_body_sha256"] == hashlib.sha256(request.body).hexdigest()
    assert {"webhook-signature", "x-keycloak-signature"} & request.headers.keys() == set()


def test_tokens_are_signed_by_a_new_key_at_once_and_the_old_one_is_published_for_its_time(
    hooked: Hooked, client: Client
) -> None:
    jwt = pytest.importorskip("jwt")
    operator = Operator(hooked.state, Context(realm="default", source="system", trusted=True))

    def published() -> list[str]:
        return [each["kid"] for each in client("GET", "protocol/openid-connect/certs")["keys"]]

    with sink(answering(OK)) as server:
        hook = {"url": server.url, "enabled": True, "eventTypes": ["*"], "authType": "bearer"}
        client("POST", "webhooks", hook)
        hooked.deliverer.run()
        (old,) = published()
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        new = operator.rotate_key(grace=3_600_000)
        assert published() == [new, old]
        hooked.record("invoice.paid")
        # The same process, which has opened the old one.
        hooked.deliverer.run()
    tokens = [each.headers["authorization"].removeprefix("Bearer ") for each in server.requests]
    kids = [jwt.get_unverified_header(each)["kid"] for each in tokens]
    assert (kids[0], kids[-1]) == (old, new)
    (told,) = [r.event.details for r in hooked.records() if r.event.type == "admin.WEBHOOK-ACTION"]
    assert told == {"action": "rotate-signing-key", "kid": new, "grace": 3600}
    # Its time is over.
    hooked.change(outbox.secret, outbox.secret.c.expires_time.is_not(None), expires_time=1)
    assert published() == [new]


def test_a_signing_key_that_cannot_be_opened_is_left_behind_by_a_new_one(
    hooked: Hooked, client: Client
) -> None:
    hooked.store.keyring.kept("webhook-signing-key", lambda: b"sealed by who is gone")
    operator = Operator(hooked.state, Context(realm="default", source="system", trusted=True))
    assert operator.signing_keys() == []
    new = operator.rotate_key()
    (key,) = client("GET", "protocol/openid-connect/certs")["keys"]
    assert key["kid"] == new


def test_a_test_and_a_resend_arrive_and_their_attempts_are_told(
    hooked: Hooked, client: Client
) -> None:
    with sink(answering(OK)) as server:
        hook = {"url": server.url, "enabled": True, "eventTypes": [], "secret": "short"}
        made = client("POST", "webhooks", hook)
        sent = client("POST", f"webhooks/{made}/test")["id"]
        hooked.deliverer.run()
        again = client("POST", f"webhooks/{made}/sends/{sent}/resend")["id"]
        hooked.deliverer.run()
    first, second = server.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [each.headers["x-auditlog-delivery"] for each in server.requests] == [sent, again]
    assert client("GET", f"webhooks/{made}/sends/{sent}")["payload"] == first.body.decode()
    (tried,) = client("GET", f"webhooks/{made}/sends/{sent}/attempts")
    assert (tried["status"], tried["address"]) == (204, "127.0.0.1")
    expected = signing.phase_two("short", "HmacSHA256", first.body)
    assert expected not in json.dumps(tried)


def test_what_was_held_arrives_once_it_is_let_go(hooked: Hooked, client: Client) -> None:
    with sink(answering(OK)) as server:
        hook = {"url": server.url, "enabled": True, "eventTypes": ["invoice.*"]}
        made = client("POST", "webhooks", hook)
        client("POST", f"webhooks/{made}/disable")
        uids = hooked.record("invoice.paid", "invoice.sent")
        hooked.deliverer.run()
        assert server.requests == []
        client("POST", f"webhooks/{made}/enable", {"resume": "all"})
        hooked.deliverer.run()
    assert sorted(json.loads(each.body)["uid"] for each in server.requests) == sorted(uids)
