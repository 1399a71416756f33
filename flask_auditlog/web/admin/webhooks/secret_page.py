"""A secret, on the one page that shows it: the answer to who made it or asked for it."""

from __future__ import annotations

from typing import Literal

from flask import render_template
from flask.typing import ResponseReturnValue

from ....errors import InvalidWebhook
from ....store.outbox.keys import LONGEST_GRACE
from ....store.webhooks import Delivery
from ....store.webhooks import Endpoint
from .links import name_of
from .links import there
from .visitor import acting
from .visitor import find
from .visitor import Visitor

_HOUR = 3600 * 1000


def rotate(endpoint_id: str) -> ResponseReturnValue:
    """Give a webhook a new secret, and show it."""
    visitor, desk = acting()
    endpoint = find(endpoint_id, visitor)
    sent = visitor.sent()
    hours = sent.get("grace", "")
    if not (hours.isascii() and hours.isdigit() and int(hours[:6]) * _HOUR <= LONGEST_GRACE):
        raise InvalidWebhook("The old secret may sign for a week at most, in whole hours.")

    return shown_once(
        visitor, endpoint, desk.rotate(endpoint_id, grace=int(hours) * _HOUR), "rotated"
    )


def retire(endpoint_id: str) -> ResponseReturnValue:
    """Let the old secrets of a webhook sign no more."""
    visitor, desk = acting()
    find(endpoint_id, visitor)
    visitor.sent()
    desk.retire(endpoint_id)

    return there("webhook", visitor, endpoint_id=endpoint_id, done="retired")


def reveal(endpoint_id: str) -> ResponseReturnValue:
    """Show the secret of a webhook. That it was shown is on record first."""
    visitor, desk = acting()
    endpoint = find(endpoint_id, visitor)
    visitor.sent()

    return shown_once(visitor, endpoint, desk.reveal(endpoint_id), "revealed")


def shown_once(
    visitor: Visitor,
    endpoint: Endpoint,
    secret: str,
    why: Literal["made", "rotated", "revealed"],
    *,
    test: Delivery | None = None,
) -> str:
    """Return the page with a secret. It is in no address, and no cache keeps it."""
    return render_template(
        "auditlog/webhook_secret.html",
        endpoint=endpoint,
        name=name_of(endpoint),
        secret=secret,
        why=why,
        test=test,
        **visitor.frame(),
    )
