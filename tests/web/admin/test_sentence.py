"""One sentence for each kind of event."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from flask_auditlog.web.admin.sentence import sentence
from tests.web.admin.samples import event

ALICE = Actor(username="alice@acme.test", user_id="7", client_id="web")


def admin(resource: str, operation: str, path: str | None = None, **fields: Any) -> Event:
    """An admin event by Alice."""
    return event(
        f"admin.{resource}-{operation}",
        resource_type=resource,
        operation_type=operation,
        resource_path=path,
        auth_details=ALICE,
        **fields,
    )


def read(**details: Any) -> Event:
    """Alice reads the log."""
    return event(
        "admin.AUDIT_LOG-ACTION",
        operation_type="ACTION",
        resource_type="AUDIT_LOG",
        auth_details=ALICE,
        source="system",
        details=details,
    )


def webhook(action: str, **fields: Any) -> Event:
    """Alice does something with a webhook."""
    given: dict[str, Any] = {"source": "system", "details": {"action": action}}
    return admin("WEBHOOK", "ACTION", "webhooks/w1", **given | fields)


def request(status: int, **fields: Any) -> Event:
    """Alice sends a form."""
    details = {"method": "POST", "path": "/invoices", "status": status}
    return event("access.REQUEST", auth_details=ALICE, details=details, **fields)


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (event("access.LOGIN", auth_details=ALICE), "alice@acme.test logged in"),
        (webhook("test"), "alice@acme.test sent a test to webhook w1"),
        (webhook("reveal"), "alice@acme.test looked at the secret of webhook w1"),
        (
            webhook("reveal", error="x"),
            "alice@acme.test failed to look at the secret of webhook w1: x",
        ),
        (webhook("sing"), "alice@acme.test acted on webhook w1"),
        # What somebody else posted says nothing of our webhooks.
        (webhook("test", source="api"), "alice@acme.test acted on webhook w1"),
        (event("access.LOGOUT", auth_details=Actor(user_id="7")), "7 logged out"),
        (
            event("access.LOGIN_ERROR", error="invalid_password", details={"username": "bob"}),
            "Someone failed to log in as bob: invalid_password",
        ),
        (
            event(
                "access.LOGIN_ERROR", auth_details=ALICE, details={"username": "alice@acme.test"}
            ),
            "alice@acme.test failed to log in",
        ),
        (
            event("access.UPDATE_PASSWORD", auth_details=ALICE),
            "alice@acme.test changed their password",
        ),
        (event("access.CUSTOM_THING", auth_details=ALICE), "alice@acme.test custom thing"),
        (event("access.CUSTOM_THING_ERROR", error="no"), "Someone failed: custom thing: no"),
        (request(201), "alice@acme.test requested POST /invoices"),
        (
            request(403, error="http_403"),
            "alice@acme.test requested POST /invoices and was refused (403)",
        ),
        (
            request(404, error="http_404"),
            "alice@acme.test requested POST /invoices and got 404",
        ),
        (event("access.REQUEST"), "Someone requested a page"),
        (
            event(
                "access.PERMISSION_DENIED",
                auth_details=ALICE,
                error="http_403",
                details={"method": "GET", "path": "/admin", "status": 403},
            ),
            "alice@acme.test was refused GET /admin",
        ),
        (
            event(
                "access.PERMISSION_DENIED",
                error="http_401",
                resource_path="realms/default/events",
                details={"method": "GET", "status": 401, "repeated": 812},
            ),
            "Someone was refused GET realms/default/events, 812 times",
        ),
        (
            event(
                "access.PERMISSION_DENIED",
                error="http_401",
                details={"method": "GET", "path": "/admin", "status": 401, "repeated": 1},
            ),
            "Someone was refused GET /admin",
        ),
        (admin("INVITATION", "CREATE", "invitations/12"), "alice@acme.test created invitation 12"),
        (admin("USER", "DELETE", "users/7/"), "alice@acme.test deleted user 7"),
        (
            admin("USER", "DELETE", "users/7", error="not_allowed"),
            "alice@acme.test failed to delete user 7: not_allowed",
        ),
        (
            admin("USER", "UPDATE", "users/7", details={"changes": {"role": ["a", "b"]}}),
            "alice@acme.test changed 1 field of user 7",
        ),
        (
            admin(
                "USER",
                "UPDATE",
                "users/7",
                details={"name": "Tomas Lindqvist", "changes": {"a": [1, 2], "b": [1, 2]}},
            ),
            "alice@acme.test changed 2 fields of user Tomas Lindqvist",
        ),
        (admin("ROLE_MAPPING", "CREATE"), "alice@acme.test created role mapping"),
        (event("admin.ODD", auth_details=ALICE), "admin.ODD by alice@acme.test"),
        (read(action="search", records=50), "alice@acme.test searched the audit log, 50 records"),
        (read(action="view", records=1), "alice@acme.test looked at an event of the audit log"),
        (read(action="export"), "alice@acme.test exported from the audit log"),
        (
            event("system.MAINTENANCE", details={"message": "Back at noon"}),
            "Maintenance: Back at noon",
        ),
        (event("system.VERSION_UPDATE"), "Version update"),
        (
            event("invoice.paid", resource_path="invoices/42", auth_details=ALICE),
            "invoice.paid on invoices/42 by alice@acme.test",
        ),
        (event("foo.bar"), "foo.bar"),
        (
            event("aws.s3.GetBucketAcl", error="AccessDenied: You are not who you say you are"),
            "aws.s3.GetBucketAcl: AccessDenied",
        ),
        (event("access.", auth_details=ALICE), "access. by alice@acme.test"),
    ],
)
def test_an_event_is_one_sentence(happened: Event, said: str) -> None:
    assert sentence(happened) == said


def test_a_read_that_was_posted_by_somebody_is_not_told_as_one_of_ours() -> None:
    posted = event(
        "admin.AUDIT_LOG-ACTION",
        operation_type="ACTION",
        resource_type="AUDIT_LOG",
        source="api",
        details={"action": "search"},
    )
    assert "searched" not in sentence(posted)


@pytest.mark.parametrize(
    "details",
    [
        {"changes": 3},
        {"changes": []},
        {"username": {"a": 1}},
        {"status": "x"},
        {"name": 7},
        {"records": "9"},
    ],
)
@pytest.mark.parametrize(
    "type_", ["access.LOGIN_ERROR", "access.REQUEST", "admin.USER-UPDATE", "system.X"]
)
def test_details_of_any_shape_make_a_sentence(type_: str, details: dict[str, Any]) -> None:
    assert sentence(event(type_, operation_type="UPDATE", details=details))


def test_a_sentence_is_never_longer_than_a_few_lines() -> None:
    long = "x" * 10_000
    actor = Actor(username=long)
    assert len(sentence(event(long, resource_path=long, error=long, auth_details=actor))) < 600
