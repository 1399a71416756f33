"""The pages of webhooks: looked at with ``view-events``, changed with ``manage-events``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from flask.typing import ResponseReturnValue

from .delivery_page import delivery
from .delivery_page import resend
from .edit_page import delete_webhook
from .edit_page import edit_webhook
from .edit_page import new_webhook
from .list_page import webhooks
from .operator import disable_catch_all
from .operator import enable_catch_all
from .operator import rotate_signing_key
from .replay_page import begin_replay
from .replay_page import cancel_replay
from .replay_page import replays
from .secret_page import retire
from .secret_page import reveal
from .secret_page import rotate
from .switch import disable_webhook
from .switch import enable_webhook
from .switch import test_webhook
from .webhook_page import webhook

__all__ = [
    "ROUTES",
    "View",
    "delete_webhook",
    "delivery",
    "disable_webhook",
    "edit_webhook",
    "enable_webhook",
    "new_webhook",
    "resend",
    "retire",
    "rotate",
    "test_webhook",
    "webhook",
    "webhooks",
]

View = Callable[..., ResponseReturnValue]

_ONE = "/webhooks/<endpoint_id>"
_SENT = f"{_ONE}/deliveries/<delivery_id>"

# The address of each page, how it may be asked, and who answers.
ROUTES: Mapping[str, tuple[tuple[str, ...], View]] = {
    "/webhooks": (("GET",), webhooks),
    "/webhooks/catch-all/enable": (("POST",), enable_catch_all),
    "/webhooks/catch-all/disable": (("POST",), disable_catch_all),
    "/webhooks/signing-key/rotate": (("POST",), rotate_signing_key),
    "/webhooks/new": (("GET", "POST"), new_webhook),
    _ONE: (("GET",), webhook),
    f"{_ONE}/edit": (("GET", "POST"), edit_webhook),
    f"{_ONE}/delete": (("GET", "POST"), delete_webhook),
    f"{_ONE}/test": (("POST",), test_webhook),
    f"{_ONE}/enable": (("POST",), enable_webhook),
    f"{_ONE}/disable": (("POST",), disable_webhook),
    f"{_ONE}/replays": (("GET",), replays),
    f"{_ONE}/replays/begin": (("POST",), begin_replay),
    f"{_ONE}/replays/<replay_id>/cancel": (("POST",), cancel_replay),
    f"{_ONE}/rotate": (("POST",), rotate),
    f"{_ONE}/retire": (("POST",), retire),
    f"{_ONE}/reveal": (("POST",), reveal),
    _SENT: (("GET",), delivery),
    f"{_SENT}/resend": (("POST",), resend),
}
