"""The addresses of webhooks: Phase Two's, and ours beside them."""

from __future__ import annotations

from collections.abc import Mapping

_ALL = "/realms/<realm>/webhooks"
_ONE = f"{_ALL}/<webhook_id>"

# Where the view of each method is.
ROUTES: Mapping[str, Mapping[str, str]] = {
    _ALL: {"GET": ".webhooks.list_webhooks", "POST": ".webhooks.create_webhook"},
    f"{_ALL}/count": {"GET": ".webhooks.count_webhooks"},
    _ONE: {
        "GET": ".webhooks.view_webhook",
        "PUT": ".webhooks.update_webhook",
        "DELETE": ".webhooks.delete_webhook",
    },
    f"{_ONE}/secret": {"GET": ".webhooks.webhook_secret"},
    f"{_ONE}/rotate": {"POST": ".webhooks.rotate_webhook"},
    f"{_ONE}/retire": {"POST": ".webhooks.retire_secrets"},
    f"{_ONE}/enable": {"POST": ".webhooks.enable_webhook"},
    f"{_ONE}/disable": {"POST": ".webhooks.disable_webhook"},
    f"{_ONE}/test": {"POST": ".webhooks.test_webhook"},
    f"{_ONE}/recover": {"POST": ".replays.recover_webhook"},
    f"{_ONE}/replay": {"POST": ".replays.replay_webhook"},
    f"{_ONE}/replays": {"GET": ".replays.list_replays"},
    f"{_ONE}/replays/<replay_id>": {
        "GET": ".replays.view_replay",
        "DELETE": ".replays.cancel_replay",
    },
    f"{_ONE}/poll": {"GET": ".poll.poll_webhook"},
    f"{_ONE}/stats": {"GET": ".replays.webhook_stats"},
    f"{_ONE}/sends": {"GET": ".sends.list_sends"},
    f"{_ONE}/sends/<send_id>": {"GET": ".sends.view_send"},
    f"{_ONE}/sends/<send_id>/attempts": {"GET": ".sends.list_attempts"},
    f"{_ONE}/sends/<send_id>/resend": {"POST": ".sends.resend"},
    f"{_ALL}/payload/<kind>/<uid>": {"GET": ".sends.view_payload"},
    f"{_ALL}/sends/<kind>/<uid>": {"GET": ".sends.sends_of_event"},
    # Where Keycloak has them: a client that knows the issuer looks there.
    "/realms/<realm>/protocol/openid-connect/certs": {"GET": ".webhooks.signing_keys"},
}
