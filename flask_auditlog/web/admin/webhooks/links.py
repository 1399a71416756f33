"""The addresses of the pages of webhooks, and what a webhook is called there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import redirect
from flask import url_for
from flask.typing import ResponseReturnValue

from ....store.webhooks import Endpoint
from ...words import _
from ...words import N_
from .visitor import Visitor

# What is said after an act, by a word in the address: nobody can make it say anything else.
DONE = {
    "saved": N_("The webhook is saved."),
    "enabled": N_("Events are sent to it again."),
    "disabled": N_("Nothing is sent to it any more. What it would have had is held."),
    "retired": N_("The old secret signs nothing any more."),
    "key-rotated": N_("Tokens are signed with a new key. The old one is published until it ends."),
    "deleted": N_("The webhook is deleted, and what was on its way to it is cancelled."),
}


def name_of(endpoint: Endpoint) -> str:
    """What somebody called it, or else its host."""
    named = (endpoint.description or "").strip() or urlsplit(endpoint.url).netloc or endpoint.url

    return named or _("Polled webhook")


def there(endpoint: str, visitor: Visitor, status: int = 303, **values: Any) -> ResponseReturnValue:
    """Lead on to another page after an act, so that loading it again does not repeat it."""
    return redirect(url_for(f".{endpoint}", realm=visitor.asked.realm, **values), status)
