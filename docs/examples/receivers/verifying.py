"""Whether the log sent this, and the id by which a repetition is known."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from collections.abc import Mapping

from standardwebhooks.webhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

# Given the body as it came, the headers and the secret: the delivery's id.
Verify = Callable[[bytes, Mapping[str, str], str], str]


class NotGenuine(Exception):
    """It is not signed with our secret, or it is too old."""


def standard(body: bytes, headers: Mapping[str, str], secret: str) -> str:
    """Return the `webhook-id` of what is signed as Standard Webhooks has it.

    What was sent more than five minutes ago is refused: somebody may have recorded it.
    """
    if not secret.startswith("whsec_"):
        # A secret of your own is its bytes as the key, and the package wants base64.
        secret = base64.b64encode(secret.encode()).decode()
    verifier = Webhook(secret)
    given = {name.lower(): value for name, value in headers.items()}
    try:
        verifier.verify(body, given)
    except (WebhookVerificationError, ValueError) as error:
        # The package raises a ValueError for a header that is no signature at all.
        raise NotGenuine from error
    return given["webhook-id"]


def phase_two(body: bytes, headers: Mapping[str, str], secret: str) -> str:
    """Return the `uid` of an event that is signed as Phase Two has it.

    This signature covers the body alone. So the time is not known, and the `webhook-id` may be
    anybody's: what is known again is the event.
    """
    given = {name.lower(): value for name, value in headers.items()}
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # As bytes: a text that is not ASCII would be an error of its own.
    if not hmac.compare_digest(expected.encode(), given.get("x-keycloak-signature", "").encode()):
        raise NotGenuine
    return str(json.loads(body)["uid"])
