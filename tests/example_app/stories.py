"""What people do on Ledgerly's pages, for tests that are about what comes after."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask

from example_app.demo import Browser
from flask_auditlog import Event

PASSWORD = "correct horse battery staple"

Events = Callable[..., list[Event]]


def registered(app: Flask, email: str, organization: str) -> Browser:
    browser = Browser(app, "203.0.113.7", "Safari/605.1.15")
    browser.do(
        "/register",
        name=email.partition("@")[0].title(),
        email=email,
        organization=organization,
        currency="EUR",
        password=PASSWORD,
    )

    return browser


def invite(owner: Browser, role: str) -> str:
    """Invite grace@engines.example, and return the path of the invitation."""
    owner.do("/members/", name="Grace", email="grace@engines.example", role=role)
    found = re.search(r'value="http://localhost(/join/[^"]+)"', owner.look("/members/"))
    assert found is not None

    return found[1]


def joined(app: Flask, owner: Browser, role: str) -> Browser:
    """Grace, signed in, with this role in the owner's organization."""
    browser = Browser(app, "198.51.100.5", "Chrome/138.0")
    browser.do(invite(owner, role), name="Grace", password=PASSWORD)

    return browser


def invoice(browser: Browser) -> str:
    """Write an invoice of 2.5 at 12.10 to a new customer, and return its path."""
    browser.do("/customers/new", name="Charles", email="charles@difference.example")

    return browser.do("/invoices/new", **lines(quantity="2.5"))


def lines(*, quantity: str) -> dict[str, str]:
    return {
        "customer": "1",
        "issued": "2026-03-01",
        "due": "2026-03-31",
        "lines-0-description": "Punched cards",
        "lines-0-quantity": quantity,
        "lines-0-price": "12.10",
    }
