"""An app that uses Flask-Security with all it has, as its users do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import flask_security
from flask import Flask
from flask_security.models import fsqla
from flask_security.models import fsqla_v4
from flask_sqlalchemy import SQLAlchemy

from tests.access.person import Person

EVERYTHING: dict[str, Any] = {
    "SQLALCHEMY_DATABASE_URI": "sqlite://",
    "WTF_CSRF_ENABLED": False,
    "SERVER_NAME": "localhost",
    "SECURITY_PASSWORD_SALT": "salt-of-the-earth",
    "SECURITY_PASSWORD_HASH": "plaintext",
    "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "SECURITY_REGISTERABLE": True,
    "SECURITY_USERNAME_ENABLE": True,
    "SECURITY_CONFIRMABLE": True,
    "SECURITY_LOGIN_WITHOUT_CONFIRMATION": True,
    "SECURITY_RECOVERABLE": True,
    "SECURITY_CHANGEABLE": True,
    "SECURITY_CHANGE_EMAIL": True,
    "SECURITY_CHANGE_USERNAME": True,
    "SECURITY_USERNAME_RECOVERY": True,
    "SECURITY_TRACKABLE": True,
    "SECURITY_TWO_FACTOR": True,
    "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator", "email"],
    "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
    "SECURITY_TOTP_SECRETS": {"1": "TjQ9Qa31VOrfEzuPy4VHQWPCTmRzCnFzMKLxXYiZu9B"},
    "SECURITY_TOTP_ISSUER": "Ledgerly",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
    "SECURITY_UNIFIED_SIGNIN": True,
    "SECURITY_US_ENABLED_METHODS": ["password", "email"],
    "SECURITY_US_MFA_REQUIRED": ["password"],
    "SECURITY_WEBAUTHN": True,
    "SECURITY_WAN_ALLOW_AS_FIRST_FACTOR": True,
    "SECURITY_REFRESH_TOKEN": True,
    "SECURITY_REFRESH_TOKEN_COOKIE_NAME": None,
    "SECURITY_FRESHNESS": timedelta(hours=1),
}


def secured(app: Flask, oauth: type[Any] | None = None) -> Person:
    """Give *app*, which has an audit log, Flask-Security and its database."""
    for key, value in EVERYTHING.items():
        app.config.setdefault(key, value)
    user = Person(app)
    db = SQLAlchemy(app)
    fsqla.FsModels.set_db_info(db)  # type: ignore[no-untyped-call]

    class Role(db.Model, fsqla_v4.FsRoleMixin):  # type: ignore[name-defined]
        pass

    class User(db.Model, fsqla_v4.FsUserMixin):  # type: ignore[name-defined]
        pass

    class WebAuthn(db.Model, fsqla_v4.FsWebAuthnMixin):  # type: ignore[name-defined]
        pass

    class FsRefreshTracker(db.Model, fsqla_v4.FsRefreshTrackerMixin):  # type: ignore[name-defined]
        pass

    class Mail(flask_security.MailUtil):
        def send_mail(self, template: str, subject: str, *args: Any, **more: Any) -> None:
            user.mails.append("\n".join(map(str, [subject, *args, *more.values()])))

    store = flask_security.SQLAlchemyUserDatastore(db, User, Role, WebAuthn, FsRefreshTracker)
    more = {"oauth": oauth(app)} if oauth else {}
    flask_security.Security(app, store, mail_util_cls=Mail, **more)
    with app.app_context():
        db.create_all()

    return user
