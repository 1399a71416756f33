"""What is typed into the form of a webhook, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from flask_auditlog.delivery.given import Before
from flask_auditlog.delivery.given import plan
from flask_auditlog.errors import Fault
from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.web.admin.webhooks.form import faults_by_field
from flask_auditlog.web.admin.webhooks.form import given_of
from flask_auditlog.web.admin.webhooks.form import NEW
from flask_auditlog.web.admin.webhooks.form import typed_of

URL = "https://hooks.example.com/"
ENDPOINT = Endpoint(id="1", realm="default", url=URL, event_types=("a.*", "b"), auth_type="hmac")
HEADERS = {"X-Api-Key": "s3cr3t", "X-Tenant": "acme"}
BEFORE = Before(endpoint=ENDPOINT, headers=HEADERS, kinds=frozenset({"hmac"}))


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    typed = typed_of(ENDPOINT, list(HEADERS))
    wanted = plan(given_of(typed, typed), BEFORE)
    assert {name: getattr(ENDPOINT, name) for name in wanted.fields} == wanted.fields
    assert (wanted.headers, wanted.secret) == (None, None)


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ({"eventTypes": " a.*\r\n\r\nb\n"}, "event_types", ["a.*", "b"]),
        ({"excludeClients": "x\ny"}, "exclude_clients", ["x", "y"]),
        ({"description": " "}, "description", None),
        ({"filter": " org:acme "}, "filter", "org:acme"),
        ({"filter": ""}, "filter", None),
        ({"timeout": ""}, "timeout", None),
        ({"timeout": "2.5"}, "timeout", 2.5),
        ({"rateLimit": "10"}, "rate_limit", 10.0),
        ({"ordering": "fifo"}, "ordering", "fifo"),
        ({"ordering": ""}, "ordering", UNSET),
        ({"secret": ""}, "secret", UNSET),
        ({"secret": "abc"}, "secret", "abc"),
        ({"authType": "bearer", "secret": "abc"}, "secret", UNSET),
        ({"authType": "bearer"}, "algorithm", UNSET),
        ({"audience": ""}, "audience", UNSET),
        ({"enabled": "on"}, "enabled", True),
        ({"organizationId": ""}, "organization_id", UNSET),
        ({"headers": "A: b: c\n"}, "headers", {"A": "b: c"}),
        ({"headers": ""}, "headers", UNSET),
    ],
)
def test_what_is_typed_is_what_is_wanted(typed: dict[str, str], field: str, value: Any) -> None:
    assert getattr(given_of({**NEW, "url": URL, **typed}, None), field) == value


def test_a_box_that_is_not_ticked_is_no() -> None:
    typed = {name: value for name, value in NEW.items() if name != "enabled"}
    assert given_of(typed, None).enabled is False


def test_a_header_that_stays_masked_keeps_its_value() -> None:
    typed = dict(typed_of(ENDPOINT, list(HEADERS)))
    typed["headers"] = "X-Api-Key: [masked]\nX-New: 1"
    given = given_of(typed, typed_of(ENDPOINT, list(HEADERS)))
    assert plan(given, BEFORE).headers == {"X-Api-Key": "s3cr3t", "X-New": "1"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"url": "ftp://x"}, "url"),
        ({"url": ""}, "url"),
        ({"timeout": "soon"}, "timeout"),
        ({"timeout": "nan"}, "timeout"),
        ({"rateLimit": "-1"}, "rateLimit"),
        ({"ordering": "lifo"}, "ordering"),
        ({"authType": "magic"}, "authType"),
        ({"headers": "Content-Length: 1"}, "headers"),
        ({"headers": "X-New: [masked]"}, "headers"),
        ({"eventTypes": "a\x07"}, "eventTypes"),
        ({"filter": "acter:a"}, "filter"),
        ({"filter": "after:-1d"}, "filter"),
        ({"secret": "whsec_!"}, "secret"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidWebhook) as caught:
        plan(given_of({**NEW, "url": URL, **typed}, None), None)
    assert set(faults_by_field(caught.value.faults)) == {field}


def test_a_secret_that_was_pasted_among_the_headers_is_not_repeated() -> None:
    with pytest.raises(InvalidWebhook) as caught:
        plan(given_of({**NEW, "url": URL, "headers": "hunter2"}, None), None)
    assert "hunter2" not in str(caught.value)


def test_a_fault_of_one_line_says_which() -> None:
    faults = [Fault("eventTypes", "No.", 2), Fault("eventTypes", "No.", 2), Fault(None, "Ever.")]
    assert faults_by_field(faults) == {"eventTypes": ["Line 3: No."], "": ["Ever."]}
