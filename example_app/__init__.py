"""Ledgerly: a small invoicing service that keeps an audit log of itself.

It is an example, written as any Flask app would be. What it does for its audit log is in
``audit.py``, the line that begins with ``audit`` below, and one at each place where something
happens that no table shows: what is changed in the database is recorded by itself.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask import render_template
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from . import activity
from . import auth
from . import invoices
from . import mail
from . import members
from .audit import audit
from .models import db
from .models import Role

csrf = CSRFProtect()

SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app. *config* wins over everything else."""
    app = Flask(__name__, instance_path=os.environ.get("LEDGERLY_INSTANCE"))
    # What the audit log's pages call the app.
    app.name = "Ledgerly"
    instance = Path(app.instance_path)
    instance.mkdir(parents=True, exist_ok=True)
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{instance / 'ledgerly.sqlite'}",
        SESSION_COOKIE_SAMESITE="Lax",
        PASSWORD_METHOD="scrypt",  # noqa: S106 (how passwords are hashed, not one of them)
        AUDITLOG_DATABASE_URL=os.environ.get(
            "AUDITLOG_DATABASE_URL", f"sqlite:///{instance / 'auditlog.sqlite'}"
        ),
        AUDITLOG_VIEWER={"stylesheet": "/static/viewer.css"},
        # To try webhooks with a receiver on one's own machine: 127.0.0.0/8
        AUDITLOG_WEBHOOK_ALLOW=os.environ.get("AUDITLOG_WEBHOOK_ALLOW", "").split(),
    )
    app.config.from_mapping(config or {})
    if not app.config["SECRET_KEY"]:
        app.config["SECRET_KEY"] = secret_key(instance / "secret-key")

    db.init_app(app)
    auth.logins.init_app(app)
    csrf.init_app(app)
    audit.init_app(app)
    for room in (auth, members, invoices, mail, activity):
        app.register_blueprint(room.bp)
    app.register_error_handler(HTTPException, error_page)
    app.add_template_filter(money)
    app.add_template_filter(plain)
    app.context_processor(lambda: {"may": may})
    with app.app_context():
        db.create_all()

    return app


def secret_key(path: Path) -> str:
    """Return the key of this installation, made at the first start."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex())

    return path.read_text()


def error_page(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error

    return render_template("error.html", error=error), error.code


def money(cents: int, currency: str) -> str:
    return f"{SYMBOLS[currency]}{cents / 100:,.2f}"


def plain(number: float) -> str:
    """Write 2.0 as "2" and 2.5 as "2.5"."""
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def may(role: str) -> bool:
    """Whether the current user has this role or a higher one, for templates."""
    return bool(current_user.is_authenticated and current_user.is_at_least(Role(role)))
