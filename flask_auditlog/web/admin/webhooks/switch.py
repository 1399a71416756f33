"""What is done to a webhook by one button: a test, off, on again."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from ....errors import InvalidWebhook
from ...args import read_time
from .. import zones
from .links import there
from .visitor import acting
from .visitor import find


def test_webhook(endpoint_id: str) -> ResponseReturnValue:
    """Send a test, and show what becomes of it."""
    visitor, desk = acting()
    find(endpoint_id, visitor)
    visitor.sent()
    made = desk.test(endpoint_id)

    return there("delivery", visitor, endpoint_id=endpoint_id, delivery_id=made.id)


def disable_webhook(endpoint_id: str) -> ResponseReturnValue:
    """Send nothing to it any more."""
    visitor, desk = acting()
    find(endpoint_id, visitor)
    visitor.sent()
    desk.disable(endpoint_id)

    return there("webhook", visitor, endpoint_id=endpoint_id, done="disabled")


def enable_webhook(endpoint_id: str) -> ResponseReturnValue:
    """Send to it again, and of what was held what the form says."""
    visitor, desk = acting()
    find(endpoint_id, visitor)
    sent = visitor.sent()
    desk.enable(endpoint_id, since=since_of(sent.get("resume", "none"), sent.get("since", "")))

    return there("webhook", visitor, endpoint_id=endpoint_id, done="enabled")


def since_of(resume: str, since: str) -> int | None:
    """Return from when on what was held is let go (epoch ms); ``None`` for nothing of it. What is
    typed is a time of the visitor's zone.

    :raises InvalidWebhook: when that is not said.
    """
    if resume in ("all", "none"):
        return 0 if resume == "all" else None
    try:
        return read_time(since.strip(), zones.here())
    except (ValueError, OverflowError):
        raise InvalidWebhook("Say since when what was held is sent: a date and a time.") from None
