"""The receiver that the documentation shows knows what is genuine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from flask_auditlog.delivery import signing
from tests.docs import pages

BODY = '{"uid":"é"}'.encode()
SECRET = signing.new_secret()
OTHER = signing.new_secret()


@pytest.fixture(scope="module")
def receiver() -> dict[str, Callable[..., bool]]:
    """What the page defines."""
    names: dict[str, Any] = {}
    for code in pages.blocks(pages.DOCS / "how-to" / "webhooks.md", "python"):
        exec(code, names)
    return names


def headers(*keys: str, age: int = 0) -> dict[str, str]:
    stamp = int(time.time()) - age
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": signing.standard(keys, "msg_1", stamp, BODY),
        "X-Keycloak-Signature": signing.phase_two(keys[0], "HmacSHA256", BODY),
    }


@pytest.mark.parametrize(
    ("keys", "age", "body", "is_genuine"),
    [
        ((SECRET,), 0, BODY, True),
        ((OTHER, SECRET), 0, BODY, True),
        ((OTHER,), 0, BODY, False),
        ((SECRET,), 0, BODY + b" ", False),
        ((SECRET,), 3600, BODY, False),
    ],
    ids=["genuine", "rotated", "another's", "changed", "old"],
)
def test_standard_webhooks(
    receiver: dict[str, Callable[..., bool]],
    keys: tuple[str, ...],
    age: int,
    body: bytes,
    is_genuine: bool,
) -> None:
    sent = headers(*keys, age=age)
    assert receiver["is_genuine"](sent, body, SECRET, tolerance=600) is is_genuine


@pytest.mark.parametrize("secret", [SECRET, "short"], ids=["made", "short"])
def test_phase_two(receiver: dict[str, Callable[..., bool]], secret: str) -> None:
    check = receiver["is_genuine_to_phase_two"]
    assert check(headers(secret), BODY, secret)
    assert not check(headers(secret), BODY + b" ", secret)
    assert not check(headers(secret), BODY, OTHER)
