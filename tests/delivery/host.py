"""A host with webhooks, as its processes load it: by ``FLASK_APP``."""

from __future__ import annotations

import json
import os
from typing import Any

from flask import Flask

from flask_auditlog import AuditLog

from .hooked import LOOPBACK

audit = AuditLog()


def create_app() -> Flask:
    app = Flask("hooked")
    given: dict[str, Any] = {
        **LOOPBACK,
        "SECRET_KEY": "s3cr3t",
        "AUDITLOG_DATABASE_URL": os.environ["HOST_DATABASE_URL"],
        "AUDITLOG_REDIS_URL": os.environ.get("HOST_REDIS_URL"),
        "AUDITLOG_WEBHOOKS": json.loads(os.environ.get("HOST_WEBHOOKS", "{}")),
        "AUDITLOG_WORKER": os.environ.get("HOST_WORKER", "embedded"),
    }
    app.config.update(given)
    audit.init_app(app)

    @app.post("/pay")
    def pay() -> str:
        audit.record("invoice.paid")
        return "paid"

    return app
