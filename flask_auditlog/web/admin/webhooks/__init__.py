"""The pages of webhooks: looked at with ``view-events``, changed with ``manage-events``."""

from __future__ import annotations

from collections.abc import Mapping

_ONE = "/webhooks/<endpoint_id>"
_SENT = f"{_ONE}/deliveries/<delivery_id>"

# The address of each page, how it may be asked, and where the view is that answers.
ROUTES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "/webhooks": (("GET",), ".webhooks.list_page.webhooks"),
    "/webhooks/catch-all/enable": (("POST",), ".webhooks.operator.enable_catch_all"),
    "/webhooks/catch-all/disable": (("POST",), ".webhooks.operator.disable_catch_all"),
    "/webhooks/signing-key/rotate": (("POST",), ".webhooks.operator.rotate_signing_key"),
    "/webhooks/new": (("GET", "POST"), ".webhooks.edit_page.new_webhook"),
    _ONE: (("GET",), ".webhooks.webhook_page.webhook"),
    f"{_ONE}/edit": (("GET", "POST"), ".webhooks.edit_page.edit_webhook"),
    f"{_ONE}/delete": (("GET", "POST"), ".webhooks.edit_page.delete_webhook"),
    f"{_ONE}/test": (("POST",), ".webhooks.switch.test_webhook"),
    f"{_ONE}/enable": (("POST",), ".webhooks.switch.enable_webhook"),
    f"{_ONE}/disable": (("POST",), ".webhooks.switch.disable_webhook"),
    f"{_ONE}/replays": (("GET",), ".webhooks.replay_page.replays"),
    f"{_ONE}/replays/begin": (("POST",), ".webhooks.replay_page.begin_replay"),
    f"{_ONE}/replays/<replay_id>/cancel": (("POST",), ".webhooks.replay_page.cancel_replay"),
    f"{_ONE}/rotate": (("POST",), ".webhooks.secret_page.rotate"),
    f"{_ONE}/retire": (("POST",), ".webhooks.secret_page.retire"),
    f"{_ONE}/reveal": (("POST",), ".webhooks.secret_page.reveal"),
    _SENT: (("GET",), ".webhooks.delivery_page.delivery"),
    f"{_SENT}/resend": (("POST",), ".webhooks.delivery_page.resend"),
}
