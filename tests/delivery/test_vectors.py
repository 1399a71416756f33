from __future__ import annotations

import json
from datetime import datetime
from datetime import UTC
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from flask_auditlog.delivery.envelope import envelope
from flask_auditlog.delivery.envelope import Message
from flask_auditlog.store.webhooks import Endpoint

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/webhook-signatures.json").read_bytes())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_is_sent_is_what_receivers_in_other_languages_are_tried_with(
    vector: dict[str, str],
) -> None:
    message = Message(
        body=vector["body"].encode(),
        uid=vector["webhook-id"].removeprefix("msg_"),
        delivery_id="d1",
        timestamp=int(vector["webhook-timestamp"]),
    )
    to = Endpoint(
        id="one",
        realm="default",
        url="https://example.com",
        auth_type="hmac",
        algorithm=vector["algorithm"],  # type: ignore[arg-type]
    )
    headers = envelope(message, to, vector["secrets"], agent="flask-auditlog/0", extra={})
    names = ("webhook-id", "webhook-timestamp", "webhook-signature", "X-Keycloak-Signature")
    assert {name: headers[name] for name in names} == {name: vector[name] for name in names}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_reference_signs_them_alike(vector: dict[str, str]) -> None:
    at = datetime.fromtimestamp(int(vector["webhook-timestamp"]), tz=UTC)
    for secret, entry in zip(
        vector["secrets"], vector["webhook-signature"].split(" "), strict=True
    ):
        if not secret.startswith("whsk_"):
            reference = Webhook(secret if secret.startswith("whsec_") else secret.encode())
            assert reference.sign(vector["webhook-id"], at, vector["body"]) == entry
