"""Customers and invoices, as the log tells them."""

from __future__ import annotations

import pytest
from flask import Flask

from example_app import jobs
from example_app.audit import audit
from example_app.demo import Browser
from flask_auditlog.testing import Recorded
from tests.example_app.stories import Events
from tests.example_app.stories import invoice
from tests.example_app.stories import joined
from tests.example_app.stories import lines


def test_an_invoice_goes_from_draft_to_paid(ada: Browser, audited: Recorded) -> None:
    place = invoice(ada)
    ada.do(place, f"{place}/send")
    ada.do(place, f"{place}/pay", method="card", reference="R1")
    assert audited.types == [
        "admin.CUSTOMER-CREATE",
        "admin.INVOICE-CREATE",
        "admin.INVOICE_LINE-CREATE",
        "invoice.sent",
        "invoice.paid",
    ]
    audited.assert_recorded(resource_path="invoices/1", count=3)


def test_a_payment_says_how_much_and_how(ada: Browser, audited: Recorded) -> None:
    place = invoice(ada)
    ada.do(place, f"{place}/send")
    ada.do(place, f"{place}/pay", method="card", reference="R1")
    event = audited.assert_recorded(type="invoice.paid", actor="ada@engines.example", count=1)
    assert event.type_version == 1
    assert event.details == {
        "number": "INV-0001",
        "customer": "Charles",
        "amount": 3025,
        "currency": "EUR",
        "due": "2026-03-31",
        "lines": 1,
        "method": "card",
        "reference": "R1",
    }


def test_an_edited_draft_is_recorded_with_what_changed(ada: Browser, audited: Recorded) -> None:
    place = invoice(ada)
    ada.do(f"{place}/edit", **lines(quantity="2"))
    audited.assert_recorded(
        type="admin.INVOICE_LINE-UPDATE", details={"changes": {"quantity": [2.5, 2.0]}}, count=1
    )
    # The invoice itself is as it was.
    audited.assert_recorded(type="admin.INVOICE-*", count=1)


def test_the_form_offers_what_was_saved(ada: Browser) -> None:
    page = ada.look(f"{invoice(ada)}/edit")
    assert 'value="Punched cards"' in page
    assert 'value="2.5"' in page
    assert 'value="12.10"' in page


def test_another_line_is_offered_and_nothing_saved(ada: Browser, events: Events) -> None:
    place = invoice(ada)
    answer = ada.send("/invoices/new", more="1", **lines(quantity="1"))
    assert answer.status_code == 200
    assert 'name="lines-2-description"' in answer.text
    assert ada.client.get(place.replace("1", "2")).status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"due": "2026-02-01"}, "Due before it is issued."),
        ({"lines-0-description": ""}, "An invoice needs at least one line."),
        ({"lines-0-price": ""}, "Unit price is missing."),
        ({"lines-0-price": "-1"}, "Number must be between 0 and 10000000."),
        ({"lines-0-quantity": "NaN"}, "Number must be between 0 and 1000000."),
        ({"customer": "99"}, "Not a valid choice."),
    ],
)
def test_what_is_wrong_with_an_invoice_is_said(
    ada: Browser, change: dict[str, str], words: str
) -> None:
    invoice(ada)
    answer = ada.send("/invoices/new", **{**lines(quantity="1"), **change})
    assert answer.status_code == 200
    assert words in answer.text


def test_what_is_paid_is_not_paid_again(ada: Browser, events: Events) -> None:
    place = invoice(ada)
    ada.do(place, f"{place}/send")
    ada.do(place, f"{place}/pay", method="cash")
    ada.do(place, f"{place}/pay", method="cash")
    ada.do(place, f"{place}/void")
    assert len(events(type="invoice.*")) == 2


def test_a_viewer_only_looks(ledgerly: Flask, ada: Browser, events: Events) -> None:
    place = invoice(ada)
    grace = joined(ledgerly, ada, "viewer")
    assert grace.client.get(place).status_code == 200
    assert grace.send("/profile", f"{place}/send").status_code == 403
    assert events()[0].error == "http_403"
    assert grace.client.get("/invoices/new").status_code == 403


def test_a_member_sends_but_takes_no_payment(ledgerly: Flask, ada: Browser) -> None:
    place = invoice(ada)
    grace = joined(ledgerly, ada, "member")
    assert grace.send(place, f"{place}/send").status_code == 302
    assert grace.send("/profile", f"{place}/pay", method="cash").status_code == 403


def test_invoices_and_customers_of_others_are_not_there(ada: Browser, bob: Browser) -> None:
    place = invoice(ada)
    assert bob.client.get(place).status_code == 404
    assert bob.client.get("/customers/1").status_code == 404
    assert bob.send("/profile", f"{place}/void").status_code == 404


def test_a_customer_is_recorded_with_what_changed(ada: Browser, audited: Recorded) -> None:
    invoice(ada)
    ada.do("/customers/1", name="Charles B.", email="charles@difference.example")
    audited.assert_recorded(
        type="admin.CUSTOMER-UPDATE",
        resource_path="customers/1",
        changes={"name": ["Charles", "Charles B."]},
    )


def test_figures_are_for_people(ada: Browser) -> None:
    place = invoice(ada)
    page = ada.look(place)
    assert "€30.25" in page
    assert ">2.5</td>" in page


def test_a_reminder_is_sent_in_the_name_of_who_asked_for_it(
    ada: Browser, audited: Recorded
) -> None:
    place = invoice(ada)
    ada.do(place, f"{place}/send")
    ada.do(place, f"{place}/remind")
    jobs.finish()
    asked = audited.assert_recorded(type="admin.INVOICE-ACTION", details={"action": "remind"})
    done = audited.assert_recorded(type="invoice.reminded", actor="ada@engines.example", count=1)
    assert done.request_id == asked.request_id
    assert done.organization_id == "analytical-engines"
    assert "Please pay INV-0001" in ada.look("/outbox")


def test_only_what_was_sent_is_reminded_of(ada: Browser, audited: Recorded) -> None:
    place = invoice(ada)
    assert ada.send(place, f"{place}/remind").status_code == 409
    jobs.finish()
    audited.assert_recorded(type="admin.INVOICE-ACTION", error="http_409")
    audited.assert_nothing_recorded(type="invoice.reminded")


def test_who_takes_all_customers_home_is_recorded(ada: Browser, audited: Recorded) -> None:
    invoice(ada)
    assert "charles@difference.example" in ada.client.get("/customers.csv").text
    audited.assert_recorded(type="access.REQUEST", resource_path="/customers.csv", count=1)


def test_the_types_are_what_was_agreed() -> None:
    audit.check_catalogue("example_app/events.lock.json")
