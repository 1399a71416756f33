"""What differs from what is expected, as a table."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import UTC
from decimal import Decimal
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import pytest

from flask_auditlog import Actor
from flask_auditlog.event import Event
from flask_auditlog.testing import Recorded
from flask_auditlog.testing.expected import differences

ALICE = Actor(user_id="7", username="alice@acme.test", ip_address="203.0.113.7")
EVENT = Event(
    uid="0190a0a0-0000-7000-8000-000000000000",
    time=1,
    realm_id="default",
    type="admin.INVOICE-UPDATE",
    resource_path="invoices/42",
    auth_details=ALICE,
    source="capture",
    details={
        "changes": {
            "status": ["sent", "paid"],
            "due": ["2026-03-01", "2026-03-31"],
            "open": [True, False],
        },
        "amount": "12.50",
        "plan": {"name": "pro", "seats": 3},
        "tags": ["a", "b"],
        "reference": "6f0e8f0e-58ab-4e3a-9d6f-7a1f9e0e5c11",
        "at": "2026-03-01T10:00:00+00:00",
        "flag": 1,
    },
)


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"type": "admin.INVOICE-UPDATE"},
        {"type": "admin.*"},
        {"type": "*-UPDATE"},
        {"actor": "7"},
        {"actor": "alice@acme.test"},
        {"actor": Actor(ip_address="203.0.113.7")},
        {"resource_path": "invoices/42", "realm_id": "default", "error": None},
        {"changes": {"status": ["sent", "paid"]}},
        {"changes": {"status": ("sent", "paid")}},
        {"changes": {"due": [date(2026, 3, 1), date(2026, 3, 31)]}},
        {"changes": {"status": [ANY, "paid"]}},
        {"details": {"plan": {"name": "pro"}}},
        {"details": {"tags": ["a", "b"]}},
        {"details": {"amount": Decimal("12.50")}},
        {"details": {"reference": UUID("6f0e8f0e-58ab-4e3a-9d6f-7a1f9e0e5c11")}},
        {"details": {"at": datetime(2026, 3, 1, 10, tzinfo=UTC)}},
        {"details": {"flag": 1}},
        {"details": ANY},
    ],
    ids=repr,
)
def test_an_event_is_as_expected(expected: dict[str, Any]) -> None:
    assert differences(EVENT, expected) == []


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"type": "admin"}, "type: expected 'admin', found 'admin.INVOICE-UPDATE'"),
        ({"type": "admin.INVOICE.UPDATE"}, "type: expected 'admin.INVOICE.UPDATE', found *"),
        ({"actor": "bob"}, "actor: expected 'bob', found 'alice@acme.test'"),
        ({"actor": None}, "actor: expected None, found 'alice@acme.test'"),
        ({"actor": Actor(user_id="8")}, "actor.user_id: expected '8', found '7'"),
        ({"error": "x"}, "error: expected 'x', found None"),
        ({"changes": {"status": ["paid"]}}, "changes.status: expected ['paid'], found *"),
        ({"changes": {"name": [1, 2]}}, "changes.name: expected [1, 2], found nothing"),
        ({"details": {"plan": {"seats": 4}}}, "details.plan.seats: expected 4, found 3"),
        ({"details": {"flag": True}}, "details.flag: expected True, found 1"),
        ({"details": None}, "details: expected None, found *"),
    ],
    ids=repr,
)
def test_what_differs_is_told_with_its_place(expected: dict[str, Any], told: str) -> None:
    (difference,) = differences(EVENT, expected)
    before, _, _ = told.partition("*")
    assert str(difference).startswith(before)


def test_an_event_of_nobody_has_no_actor() -> None:
    nobody = Event(uid="u", time=1, realm_id="default", type="a", source="system")
    assert differences(nobody, {"actor": None}) == []
    assert [each.place for each in differences(nobody, {"actor": "7"})] == ["actor"]
    assert [each.place for each in differences(nobody, {"changes": {}})] == ["changes"]


def test_a_misspelt_field_is_an_error_that_names_the_fields() -> None:
    with pytest.raises(TypeError, match=r"no resource_paht. Known: actor, .*resource_path"):
        Recorded(lambda: [EVENT]).assert_recorded(resource_paht="invoices/42")


def test_a_misspelt_field_is_an_error_also_where_nothing_was_recorded() -> None:
    with pytest.raises(TypeError, match="no resource_paht"):
        Recorded(list).assert_recorded(resource_paht="invoices/42")


def test_the_number_of_events_can_be_expected() -> None:
    events = Recorded(lambda: [EVENT, EVENT])
    assert events.assert_recorded(type="admin.*", count=2) is EVENT
    with pytest.raises(AssertionError, match="2 events were as expected, not 1:"):
        events.assert_recorded(count=1)


def test_nothing_of_a_kind_can_be_expected() -> None:
    events = Recorded(lambda: [EVENT, EVENT])
    events.assert_nothing_recorded(type="invoice.*")
    with pytest.raises(AssertionError, match="but 2 events were"):
        events.assert_nothing_recorded(type="admin.*")
    with pytest.raises(ValueError, match="assert_nothing_recorded"):
        events.assert_recorded(type="invoice.*", count=0)


def test_a_message_is_one_screen_and_inert() -> None:
    hostile = Event(uid="u", time=1, realm_id="d", type="a\x1b[2J\nb", source="api")
    with pytest.raises(AssertionError) as failed:
        Recorded(lambda: [hostile] * 100).assert_nothing_recorded()
    lines = str(failed.value).splitlines()
    assert len(lines) == 22
    assert lines[1] == "    1. a\\x1b[2J\\nb"
    assert lines[-1].endswith("… and 80 more")
