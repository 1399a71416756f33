from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from flask_auditlog.delivery import envelope as envelopes
from flask_auditlog.delivery import signing
from flask_auditlog.delivery.envelope import envelope
from flask_auditlog.delivery.envelope import Message
from flask_auditlog.errors import AuditLogError
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.store.webhooks import Endpoint

UID = "01893fd4-6386-7c41-9b0e-5d2f8a31c7e6"
BODIES = [
    b'{"uid":"1"}',
    '{"name":"é 日本語 😀 \u2028"}'.encode(),
    json.dumps({"a": "x" * 64 * 1024}).encode(),
]


def endpoint(**more: object) -> Endpoint:
    given: dict[str, object] = {
        "id": "one",
        "realm": "default",
        "url": "https://example.com",
        "auth_type": "hmac",
    }
    return Endpoint(**given | more)  # type: ignore[arg-type]


def sent(
    body: bytes = BODIES[0], *keys: str, to: Endpoint | None = None, **more: object
) -> dict[str, str]:
    now = int(time.time())
    message = Message(body=body, uid=UID, delivery_id="d1", timestamp=now)
    given: dict[str, object] = {"agent": "flask-auditlog/0", "extra": {}}
    return envelope(message, to or endpoint(), keys, **given | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("body", BODIES)
def test_the_reference_verifies_ours(body: bytes) -> None:
    key = signing.new_secret()
    headers = sent(body, key)
    assert Webhook(key).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(body, headers)


def test_an_opaque_secret_is_its_bytes() -> None:
    headers = sent(BODIES[0], "A3jt6D8lz")
    assert Webhook(b"A3jt6D8lz").verify(BODIES[0], headers)


def test_a_secret_without_padding_is_the_same_secret() -> None:
    key = signing.new_secret()
    assert Webhook(key).verify(BODIES[0], sent(BODIES[0], key.rstrip("=")))


def test_while_a_secret_is_rotated_both_sign_and_the_current_first() -> None:
    new, old = signing.new_secret(), signing.new_secret()
    headers = sent(BODIES[0], new, old)
    for key in (new, old):
        assert Webhook(key).verify(BODIES[0], headers)
    first, second = headers["webhook-signature"].split(" ")
    assert (first, second) == tuple(sent(BODIES[0], key)["webhook-signature"] for key in (new, old))
    # Phase Two's has one value, and its receivers must know the new one.
    assert headers["X-Keycloak-Signature"] == sent(BODIES[0], new)["X-Keycloak-Signature"]


def test_the_other_signature_verifies_beside_one_of_two_halves() -> None:
    private, shared = signing.new_private_key(), signing.new_secret()
    headers = sent(BODIES[1], private, shared)
    assert Webhook(shared).verify(BODIES[1], headers)
    entry = headers["webhook-signature"].split(" ")[0]
    assert entry.startswith("v1a,")
    public = signing.public_key(private)
    assert public.startswith("whpk_")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public[5:]))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + BODIES[1]
    key.verify(base64.b64decode(entry[4:]), signed)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(entry[4:]), signed + b" ")


@pytest.mark.parametrize(("algorithm", "hash_"), [("HmacSHA256", "sha256"), ("HmacSHA1", "sha1")])
@pytest.mark.parametrize("secret", ["A3jt6D8lz", "whsec_AAAA", "ü😀"])
def test_phase_twos_signature_is_keyed_by_the_secret_as_it_is(
    algorithm: str, hash_: str, secret: str
) -> None:
    headers = sent(BODIES[1], secret, to=endpoint(algorithm=algorithm))
    expected = hmac.new(secret.encode(), BODIES[1], getattr(hashlib, hash_)).hexdigest()
    assert headers["X-Keycloak-Signature"] == expected


@pytest.mark.parametrize(
    ("signatures", "names"),
    [
        ("both", {"webhook-signature", "X-Keycloak-Signature"}),
        ("standard", {"webhook-signature"}),
        ("phasetwo", {"X-Keycloak-Signature"}),
    ],
)
def test_an_endpoint_may_choose_one(signatures: str, names: set[str]) -> None:
    headers = sent(BODIES[0], "secret", to=endpoint(signatures=signatures))
    assert {name for name in headers if name.lower().endswith("signature")} == names


@pytest.mark.parametrize(
    ("to", "keys"),
    [
        (endpoint(), ()),
        (endpoint(signatures="phasetwo"), ()),
        (endpoint(signatures="phasetwo"), (signing.new_private_key(),)),
        (endpoint(auth_type="bearer"), ("secret",)),
    ],
)
def test_what_is_to_be_signed_is_not_sent_without(to: Endpoint, keys: tuple[str, ...]) -> None:
    with pytest.raises(AuditLogError, match="nothing is sent"):
        sent(BODIES[0], *keys, to=to)


def test_an_endpoint_that_wants_no_signature_gets_none() -> None:
    headers = sent(BODIES[0], "secret", to=endpoint(auth_type="none"))
    assert headers == {
        "Content-Type": "application/json",
        "User-Agent": "flask-auditlog/0",
        "Accept-Encoding": "identity",
        "webhook-id": "msg_01893fd463867c419b0e5d2f8a31c7e6",
        "webhook-timestamp": headers["webhook-timestamp"],
        "X-Auditlog-Delivery": "d1",
    }


def test_a_token_is_sent_where_it_is_asked_for() -> None:
    headers = sent(BODIES[0], to=endpoint(auth_type="bearer"), bearer="a.b.c")
    assert headers["Authorization"] == "Bearer a.b.c"
    assert "webhook-signature" not in headers


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "x" * (signing.SECRET_CHARS + 1),
        "a\nb",
        "a\x00",
        "whsec_",
        "whsec_not base64",
        "whsk_AAAA",
        "whpk_" + "A" * 43 + "=",
    ],
)
def test_what_cannot_be_a_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidEvent) as raised:
        signing.check_secret(secret)
    assert raised.value.faults[0].field == "secret"
    assert len(secret) < 7 or secret not in str(raised.value)


@pytest.mark.parametrize("secret", ["A3jt6D8lz", "x" * 512, "é", "whsec_AAAA", "whsec_AAA"])
def test_any_text_may_be_a_secret(secret: str) -> None:
    assert signing.check_secret(secret) == secret
    assert signing.check_secret(signing.new_private_key())


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "x"},
        {"content-length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"webhook-id": "x"},
        {"WEBHOOK-signature": "x"},
        {"X-Keycloak-Signature": "x"},
        {"X-Auditlog-Delivery": "x"},
        {"User-Agent": "x"},
        {"Traceparent": "x"},
        {"x-fine": "twice"},
        {"a b": "x"},
        {"a:": "x"},
        {"": "x"},
        {"ä": "x"},
        {"a\r\nb": "x"},
        {"A": "x\r\nB: y"},
        {"A": "x\ny"},
        {"A": "x\x00"},
        {"A": "é"},
        {"A": ""},
        {"A": " x"},
        {"A": 7},
        {"A": "x" * envelopes.HEADER_BYTES},
    ],
)
def test_a_header_that_is_none_or_not_theirs_is_refused(headers: dict[str, object]) -> None:
    with pytest.raises(InvalidEvent) as raised:
        envelopes.check_headers({"X-Fine": "1", **headers}, bearer=False)
    assert {fault.field for fault in raised.value.faults} == {"headers"}


def test_a_header_of_theirs_is_sent_and_not_kept() -> None:
    extra = envelopes.check_headers(
        {"X-Tenant": "a b\tc", "Authorization": "Basic x"}, bearer=False
    )
    headers = sent(BODIES[0], "secret", extra=extra)
    assert headers["X-Tenant"] == "a b\tc"
    shown = envelopes.shown(headers, extra)
    assert shown["x-tenant"] == shown["authorization"] == "[masked]"
    assert shown["webhook-id"] == headers["webhook-id"]
    with pytest.raises(InvalidEvent):
        envelopes.check_headers(extra, bearer=True)


def test_what_is_kept_of_a_signature_verifies_nothing() -> None:
    keys = (signing.new_secret(), signing.new_private_key())
    headers = sent(BODIES[0], *keys)
    shown = envelopes.shown(headers, {})
    for name in ("webhook-signature", "X-Keycloak-Signature"):
        for entry in headers[name].split(" "):
            assert entry.rpartition(",")[2] not in str(shown)
    kinds = [entry.split(",")[0] for entry in shown["webhook-signature"].split(" ")]
    assert kinds == ["v1", "v1a"]
