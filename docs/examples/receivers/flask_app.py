"""A receiver in Flask: `flask --app receivers.flask_app run`."""

from __future__ import annotations

import os

from flask import Flask
from flask import request

from .inbox import Inbox
from .verifying import NotGenuine
from .verifying import standard
from .verifying import Verify


def create_app(
    inbox: Inbox | None = None, secret: str | None = None, verify: Verify = standard
) -> Flask:
    """Make the app. `verify=phase_two` takes Phase Two's signature."""
    kept = inbox or Inbox(os.environ["WEBHOOK_INBOX"])
    key = secret or os.environ["WEBHOOK_SECRET"]
    app = Flask(__name__)
    # An event has 64 KiB at most, unless the sender's limits say otherwise. More is answered 413.
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        # The bytes as they came: parsed and written again they would have another signature.
        body = request.get_data()
        try:
            id_ = verify(body, dict(request.headers), key)
        except NotGenuine:
            return "", 401
        kept.keep(id_, body)
        return "", 204

    return app
