from __future__ import annotations

import datetime
import logging
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from marshmallow import EXCLUDE
from marshmallow import fields
from marshmallow import Schema
from marshmallow import validate
from marshmallow import validates_schema
from marshmallow import ValidationError

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.recorder.catalogue.follow import FLAG
from tests.apps import counted
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types

EXAMPLE = {"amount": "12.50", "currency": "EUR"}


class InvoicePaid(Schema):
    amount = fields.Decimal(required=True)
    currency = fields.String(required=True, validate=validate.OneOf(["EUR", "USD"]))
    count = fields.Integer()
    paid_at = fields.DateTime(data_key="paidAt")


@pytest.fixture
def audit() -> AuditLog:
    audit = AuditLog()
    audit.define("invoice.paid", schema=InvoicePaid, description="Paid.", example=EXAMPLE)
    return audit


@pytest.fixture
def app(make_app: MakeApp, audit: AuditLog) -> Flask:
    return make_app(audit)


def recorded(app: Flask, audit: AuditLog, details: Any, type: str = "invoice.paid") -> Event:
    """Record an event, and return it as it was stored."""
    with app.app_context():
        audit.record(type, details=details)
    return last(app)


def faults(event: Event) -> dict[str, str]:
    """Return what a stored event was flagged for."""
    flag = (event.details or {})[FLAG]
    assert flag["by"] == "catalogue"
    return {each["field"]: each["message"] for each in flag["faults"]}


# What follows


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (EXAMPLE, EXAMPLE),
        ({**EXAMPLE, "amount": 12}, {**EXAMPLE, "amount": 12}),
        ({**EXAMPLE, "amount": Decimal("12.50")}, EXAMPLE),
        (
            {**EXAMPLE, "paidAt": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)},
            {**EXAMPLE, "paidAt": "2026-01-02T00:00:00Z"},
        ),
    ],
)
def test_what_follows_is_stored_as_it_was_sent(
    app: Flask, audit: AuditLog, given: Any, stored: Any
) -> None:
    event = recorded(app, audit, given)
    assert event.details == stored
    assert event.type_version == 1


def test_an_event_of_no_defined_type_has_no_version(app: Flask, audit: AuditLog) -> None:
    event = recorded(app, audit, {"amount": "many"}, "invoice.payd")
    assert (event.type_version, event.details) == (None, {"amount": "many"})


def test_a_type_without_a_schema_takes_anything(app: Flask, audit: AuditLog) -> None:
    audit.define("a.b", version=3)
    assert recorded(app, audit, {"x": [None]}, "a.b").type_version == 3


def test_a_time_that_was_ahead_is_no_fault(app: Flask, audit: AuditLog) -> None:
    ahead = int(datetime.datetime.now(datetime.UTC).timestamp() * 1000) + 60_000
    with app.app_context():
        audit.record("invoice.paid", details=EXAMPLE, time=ahead)
    assert last(app).details == {**EXAMPLE, "givenTime": ahead}


def test_other_fields_are_taken_if_the_schema_says_so(app: Flask, audit: AuditLog) -> None:
    audit.define("a.b", schema=InvoicePaid(unknown=EXCLUDE))
    given = {**EXAMPLE, "more": 1}
    assert recorded(app, audit, given, "a.b").details == given


# What does not


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        (None, "details.amount", "Missing data for required field."),
        ({**EXAMPLE, "amount": "many"}, "details.amount", "Not a valid number."),
        ({**EXAMPLE, "amount": None}, "details.amount", "Field may not be null."),
        ({**EXAMPLE, "currency": "GBP"}, "details.currency", "Must be one of: EUR, USD."),
        ({**EXAMPLE, "paid_at": "x"}, "details.paid_at", "Unknown field."),
        # marshmallow would make a number of it, but the log keeps what was sent.
        ({**EXAMPLE, "count": "12"}, "details.count", "Must be a whole number."),
        ({**EXAMPLE, "count": 1.5}, "details.count", "Must be a whole number."),
        (
            {**EXAMPLE, FLAG: {"by": "me"}},
            f"details.{FLAG}",
            "Only the log says this, of an event that does not follow.",
        ),
    ],
)
def test_what_does_not_follow_is_kept_and_flagged(
    app: Flask, audit: AuditLog, given: Any, field: str, said: str
) -> None:
    event = recorded(app, audit, given)
    assert faults(event)[field] == f"`{field}`: {said}"
    assert {key: each for key, each in (event.details or {}).items() if key != FLAG} == {
        key: each for key, each in (given or {}).items() if key != FLAG
    }
    assert counted(app, "flagged") == 1


def test_flagged_events_can_be_searched(app: Flask, audit: AuditLog) -> None:
    recorded(app, audit, EXAMPLE)
    recorded(app, audit, {})
    query = Query(type="invoice.paid", details=((f"{FLAG}.by", "catalogue"),))
    with app.app_context():
        found = audit.events.find(query, Scope(realm="default", organization_id=None), limit=9)
    assert [record.event.details for record in found.records] == [last(app).details]


def test_python_may_refuse(make_app: MakeApp, audit: AuditLog) -> None:
    audit.define("a.b", schema=InvoicePaid, invalid="refuse")
    app = make_app(audit)
    with app.app_context(), pytest.raises(InvalidEvent) as raised:
        audit.record("a.b", details={"amount": 1, "currency": "GBP"})
    assert [fault.field for fault in raised.value.faults] == ["details.currency"]
    assert types(app) == []


def test_an_app_may_refuse_all(make_app: MakeApp, audit: AuditLog) -> None:
    app = make_app(audit, AUDITLOG_CAPTURE={"invalid": "refuse"})
    with app.app_context(), pytest.raises(InvalidEvent, match=r"details\.amount"):
        audit.record("invoice.paid")
    assert types(app) == []


def test_a_policy_that_does_not_exist_is_an_error(make_app: MakeApp) -> None:
    with pytest.raises(ConfigError, match="refuse, flag"):
        make_app(AUDITLOG_CAPTURE={"invalid": "drop"})


@pytest.mark.parametrize("type", ["access.LOGIN", "admin.INVOICE-UPDATE", "system.MAINTENANCE"])
def test_what_the_log_records_by_itself_is_never_refused(
    make_app: MakeApp, audit: AuditLog, type: str
) -> None:
    audit.define(type, schema=InvoicePaid)
    app = make_app(audit, AUDITLOG_CAPTURE={"invalid": "refuse"})
    assert FLAG in (recorded(app, audit, {}, type).details or {})
    with pytest.raises(ConfigError, match="cannot be refused"):
        audit.define(type, schema=InvoicePaid, invalid="refuse")


def test_what_before_record_makes_of_an_event_is_checked(app: Flask, audit: AuditLog) -> None:
    audit.before_record(lambda event: setattr_(event, details={"amount": "many"}))
    assert "details.amount" in faults(recorded(app, audit, EXAMPLE))


def setattr_(event: Event, **values: Any) -> Event:
    """Return *event* with other values, as a host would write it."""
    return Event(**{**{f: getattr(event, f) for f in event.__struct_fields__}, **values})


# No value is repeated

SECRET = "hunter2-hunter2"


def reject(value: Any) -> None:
    raise ValidationError(f"{value} is not good.")


class Echoing(Schema):
    whole = fields.Raw(validate=reject)
    part = fields.String(validate=validate.OneOf(["a"], error="{input} is not a choice."))
    begin = fields.String(validate=lambda value: reject(value[:8].upper()))
    kept = fields.String(validate=lambda value: reject("That"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"whole": SECRET}, "Not a valid value."),
        ({"part": SECRET}, "Not a valid value."),
        ({"whole": 42}, "Not a valid value."),
        ({"begin": SECRET}, "Not a valid value."),
        ({"kept": SECRET}, "That is not good."),
    ],
)
def test_no_value_is_repeated(
    app: Flask, audit: AuditLog, caplog: pytest.LogCaptureFixture, given: Any, said: str
) -> None:
    audit.define("a.b", schema=Echoing)
    told = faults(recorded(app, audit, given, "a.b"))
    assert {each.partition(": ")[2] for each in told.values()} == {said}
    assert SECRET not in caplog.text
    assert "a.b does not follow version 1" in caplog.text


def test_what_is_too_long_to_look_through_is_not_repeated_either(
    app: Flask, audit: AuditLog
) -> None:
    audit.define("a.b", schema=Echoing)
    told = faults(recorded(app, audit, {"kept": "x" * 20_000, "whole": SECRET}, "a.b"))
    assert {each.partition(": ")[2] for each in told.values()} == {"Not a valid value."}


def test_the_sentences_of_a_schema_are_kept_though_a_value_is_like_them(
    app: Flask, audit: AuditLog
) -> None:
    class Like(Schema):
        a = fields.Integer(validate=validate.Range(min=0, min_inclusive=False))
        b = fields.String(validate=validate.OneOf(["invoice", "receipt"]))

    audit.define("a.b", schema=Like)
    told = faults(recorded(app, audit, {"a": 0, "b": "invoices"}, "a.b"))
    assert told == {
        "details.a": "`details.a`: Must be greater than 0.",
        "details.b": "`details.b`: Must be one of: invoice, receipt.",
    }


def test_secrets_are_masked_in_what_is_flagged(app: Flask, audit: AuditLog) -> None:
    event = recorded(app, audit, {"password": SECRET, "amount": SECRET})
    assert SECRET not in str((event.details or {})["password"])
    assert SECRET not in str((event.details or {})[FLAG])


def test_a_name_from_outside_is_cut_and_inert(app: Flask, audit: AuditLog) -> None:
    told = faults(recorded(app, audit, {**EXAMPLE, "\x1b[31m" + "x" * 500: 1}))
    (name,) = told
    assert len(name) < 100
    assert name.isprintable()


def test_the_number_of_faults_is_bounded(app: Flask, audit: AuditLog) -> None:
    event = recorded(app, audit, {f"field{n}": n for n in range(500)})
    assert len(faults(event)) == 5


def test_a_schema_that_raises_loses_no_event(
    make_app: MakeApp, audit: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(value: Any) -> None:
        raise RuntimeError(value)

    audit.define("a.b", schema=Schema.from_dict({"x": fields.Raw(validate=fail)}))
    app = make_app(audit, AUDITLOG_CAPTURE={"invalid": "refuse"})
    with caplog.at_level(logging.DEBUG):
        event = recorded(app, audit, {"x": SECRET}, "a.b")
    assert faults(event) == {"details": "The schema raised RuntimeError."}
    assert SECRET not in caplog.text


def test_a_schema_cannot_change_what_is_stored(app: Flask, audit: AuditLog) -> None:
    class Changing(Schema):
        lines = fields.Raw()

        @validates_schema
        def change(self, data: Any, **_: Any) -> None:
            data["lines"].clear()

    audit.define("a.b", schema=Changing)
    assert recorded(app, audit, {"lines": [1]}, "a.b").details == {"lines": [1]}


# Definitions


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": ""}, "No event can have this type"),
        ({"type": "a\nb"}, "No event can have this type"),
        ({"version": 0}, "a whole number, from 1 on"),
        ({"version": True}, "a whole number, from 1 on"),
        ({"version": "1"}, "a whole number, from 1 on"),
        ({"schema": dict}, "must be a marshmallow Schema"),
        ({"schema": InvoicePaid(many=True)}, "details are one object"),
        ({"invalid": "drop"}, "refuse, flag"),
        ({"schema": InvoicePaid, "example": {}}, r"example of a\.b .* `details\.amount`: Missing"),
    ],
)
def test_a_definition_that_cannot_be_is_an_error(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        AuditLog().define(**{"type": "a.b", **given})


def test_an_example_may_hold_what_python_knows() -> None:
    audit = AuditLog()
    audit.define("a.b", example={"id": UUID(int=1), "on": datetime.date(2026, 1, 2)})
    (definition,) = audit.catalogue
    assert definition.example == {"id": str(UUID(int=1)), "on": "2026-01-02"}


def test_the_same_definition_twice_is_fine_and_another_is_not(audit: AuditLog) -> None:
    audit.define("invoice.paid", schema=InvoicePaid(), description="Paid.", example=EXAMPLE)
    assert len(audit.catalogue) == 1
    with pytest.raises(ConfigError, match="defined twice"):
        audit.define("invoice.paid", schema=InvoicePaid, description="Paid.", version=2)


def test_each_audit_log_has_its_own_catalogue(audit: AuditLog) -> None:
    assert len(AuditLog().catalogue) == 0


def test_the_json_schema_can_be_given_to_others(audit: AuditLog) -> None:
    (definition,) = audit.catalogue
    document = definition.document()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (document["title"], document["description"]) == ("invoice.paid", "Paid.")
    assert document["examples"] == [EXAMPLE]
    assert document["required"] == ["amount", "currency"]


# Over the API


@pytest.fixture
def post(app: Flask, audit: AuditLog) -> Any:
    """Post a body with a token that may publish."""
    with app.app_context():
        _, secret = audit.events.tokens.create(
            name="billing", realm="default", permissions=["publish-events"]
        )
    headers = {"Authorization": f"Bearer {secret}"}
    return lambda body: app.test_client().post(
        "/audit/realms/default/events", json=body, headers=headers
    )


def test_over_the_api_it_is_refused_with_the_faults(app: Flask, post: Any) -> None:
    answer = post({"type": "invoice.paid", "details": {"amount": SECRET, "currency": "EUR"}})
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_event"
    assert answer.json["errors"] == [
        {"field": "details.amount", "message": "`details.amount`: Not a valid number."}
    ]
    assert SECRET not in answer.text
    assert "invoice.paid" not in types(app)


def test_a_batch_is_refused_whole_with_the_index_of_each(app: Flask, post: Any) -> None:
    right, wrong = {"type": "invoice.paid", "details": EXAMPLE}, {"type": "invoice.paid"}
    answer = post([right, wrong, {"type": "other"}, wrong])
    assert answer.status_code == 400
    assert {each["index"] for each in answer.json["errors"]} == {1, 3}
    assert "invoice.paid" not in types(app)


def test_what_is_wrong_with_a_batch_is_told_up_to_a_bound(post: Any) -> None:
    answer = post([{"type": "invoice.paid"}] * 300)
    assert answer.status_code == 400
    assert len(answer.json["errors"]) == 100


def test_over_the_api_it_may_be_flagged(app: Flask, audit: AuditLog, post: Any) -> None:
    audit.define("a.b", schema=InvoicePaid, invalid="flag")
    assert post([{"type": "a.b"}, {"type": "invoice.paid", "details": EXAMPLE}]).status_code == 202
    assert [FLAG in (event.details or {}) for event in all_of(app, "a.b", "invoice.paid")] == [
        True,
        False,
    ]


def all_of(app: Flask, *types: str) -> list[Event]:
    """Return the events of these types, in order of position."""
    with app.app_context():
        found = AuditLog().events.after(
            0, Query(), Scope(realm="default", organization_id=None), limit=99
        )
    return [record.event for record in found if record.event.type in types]


def test_the_version_is_the_servers_to_say(post: Any) -> None:
    answer = post({"type": "a", "typeVersion": 2})
    assert answer.status_code == 400
    assert "typeVersion" in answer.text
