"""What may be asked to be sent again: every mistake is told at once, and none repeats a value."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.delivery.asking import check
from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.store import Scope
from flask_auditlog.store.promises.again import Asked

WHOLE = Scope(realm="default", organization_id=None)
BOUND = Scope(realm="default", organization_id="o1")
RIGHT: dict[str, Any] = {"kind": "replay", "after": 5}


@pytest.mark.parametrize(
    ("scope", "given"),
    [
        (WHOLE, {}),
        (BOUND, {}),
        (WHOLE, {"kind": "recover", "held": True}),
        (WHOLE, {"kind": "missing", "after": 0, "before": 2**63 - 1}),
        (WHOLE, {"after": None, "after_position": 0, "before_position": 9}),
        (WHOLE, {"rate": 0.1}),
        (WHOLE, {"rate": 1000}),
    ],
)
def test_what_is_right_may_be_asked(scope: Scope, given: dict[str, Any]) -> None:
    check(Asked(**RIGHT | given), scope)


@pytest.mark.parametrize(
    ("scope", "given", "fields"),
    [
        (WHOLE, {"after": None}, ["after"]),
        (WHOLE, {"after": None, "before": 5, "before_position": 5}, ["after"]),
        (WHOLE, {"kind": "recover", "after": None}, ["since"]),
        (WHOLE, {"kind": "recover", "before_position": 1}, ["beforePosition"]),
        (BOUND, {"after_position": 1, "before_position": 3}, ["afterPosition"]),
        (WHOLE, {"after": -1}, ["after"]),
        (WHOLE, {"before": 2**63}, ["before"]),
        (WHOLE, {"after_position": 10**400}, ["afterPosition"]),
        (WHOLE, {"rate": 0.09}, ["rate"]),
        (WHOLE, {"rate": 1000.1}, ["rate"]),
        (WHOLE, {"rate": float("nan")}, ["rate"]),
        (
            BOUND,
            {"rate": 0, "after": -1, "before_position": 1},
            ["rate", "after", "beforePosition"],
        ),
    ],
)
def test_what_is_wrong_is_told(scope: Scope, given: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidWebhook) as raised:
        check(Asked(**RIGHT | given), scope)
    assert [each.field for each in raised.value.faults] == fields
