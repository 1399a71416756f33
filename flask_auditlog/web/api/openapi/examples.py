"""Bodies to try. The tests send each of them."""

from __future__ import annotations

from typing import Any

_PAID = {
    "type": "invoice.paid",
    "resourceType": "INVOICE",
    "resourcePath": "invoices/42",
    "details": {"amount": 12, "currency": "EUR"},
}

EVENTS: dict[str, Any] = {
    "one": _PAID,
    "failed": {"type": "invoice.sent", "error": "mailbox_full", "resourcePath": "invoices/42"},
    "batch": [_PAID, {"type": "report.opened", "time": 1688990400000}],
}
WEBHOOK = {
    "url": "https://siem.example.com/audit",
    "enabled": True,
    "eventTypes": ["access.*", "invoice.paid"],
    "authType": "hmac",
}
RECOVERY = {"since": 1688990400000, "dryRun": True}
REPLAY = {"after": 1688990400000, "missing": True, "dryRun": True}
