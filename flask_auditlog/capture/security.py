"""Flask-Security: what its users do with their accounts. Only the host imports it: it is large.

Of what a signal says only what stands in these tables is read: beside it are passwords,
tokens and codes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask
from flask import request
from flask import session

from ..event import Actor
from ..state import EXTENSION
from ..state import of
from ..state import State
from . import deeds
from . import harmless
from . import logins
from .deeds import Deed
from .expected import Expected

# Signals that are one deed each, done to the user they name. `theirs`: what was done needs
# a secret that only the user has. `kept`: of the signal's arguments.
_DEEDS: Mapping[str, tuple[str, bool, tuple[str, ...]]] = {
    "user_registered": ("REGISTER", True, ()),
    "user_confirmed": ("VERIFY_EMAIL", True, ()),
    "confirm_instructions_sent": ("SEND_VERIFY_EMAIL", False, ()),
    "login_instructions_sent": ("SEND_LOGIN_LINK", False, ()),
    "reset_password_instructions_sent": ("SEND_RESET_PASSWORD", False, ()),
    "password_reset": ("RESET_PASSWORD", True, ()),
    "password_changed": ("UPDATE_PASSWORD", False, ()),
    "change_email_instructions_sent": ("SEND_UPDATE_EMAIL", False, ("new_email",)),
    "change_email_confirmed": ("UPDATE_EMAIL", True, ("old_email",)),
    "username_recovery_email_sent": ("SEND_USERNAME", False, ()),
    "username_changed": ("UPDATE_PROFILE", False, ("old_username",)),
    "us_profile_changed": ("UPDATE_PROFILE", False, ("methods", "delete")),
    "tf_profile_changed": ("UPDATE_TOTP", False, ("method",)),
    "tf_disabled": ("REMOVE_TOTP", False, ()),
    "wan_registered": ("UPDATE_CREDENTIAL", False, ("name",)),
    "wan_deleted": ("REMOVE_CREDENTIAL", False, ("name",)),
    "refresh_tracker_created": ("REFRESH_TOKEN", True, ()),
}

SIGNALS: Mapping[str, str] = {
    **{name: f"access.{deed[0]}" for name, deed in _DEEDS.items()},
    "user_authenticated": "access.LOGIN",
    "user_failed_authn": "access.LOGIN_ERROR",
    "user_unauthenticated": "access.PERMISSION_DENIED",
    "user_not_registered": "access.REGISTER_ERROR",
    "tf_code_confirmed": "access.UPDATE_TOTP",
    "tf_security_token_sent": "access.SEND_OTP",
    "us_security_token_sent": "access.SEND_OTP",
    "refresh_tracker_revoked": "access.REFRESH_TOKEN_ERROR",
}
IGNORED: Mapping[str, str] = {}


def init(state: State) -> None:
    """Listen to Flask-Security, if the host has it."""
    signals = sys.modules.get("flask_security.signals")
    for name, receiver in _RECEIVERS.items():
        # Those that came with a later version.
        if (signal := getattr(signals, name, None)) is not None:
            signal.connect(receiver, state.app)


_OR_BY_LINK = frozenset({"GET"})

# What its views are for: the type, and how they are known to be done where no signal says so.
_LOGIN = Expected(type="LOGIN", pages=frozenset({".login", ".us_signin", ".wan_signin"}))
_VIEWS: Mapping[str, Expected] = {
    "login": _LOGIN,
    "us_signin": _LOGIN,
    "wan_signin_response": _LOGIN,
    "two_factor_token_validation": _LOGIN,
    "mf_recovery": _LOGIN,
    "token_login": Expected(type="LOGIN", methods=_OR_BY_LINK, pages=_LOGIN.pages),
    "us_verify_link": Expected(type="LOGIN", methods=_OR_BY_LINK, pages=_LOGIN.pages),
    "oauthresponse": Expected(type="LOGIN", methods=frozenset({"GET", "POST"}), oauth=True),
    "register": Expected(type="REGISTER"),
    "confirm_email": Expected(type="VERIFY_EMAIL", methods=_OR_BY_LINK),
    "send_confirmation": Expected(type="SEND_VERIFY_EMAIL"),
    "forgot_password": Expected(type="SEND_RESET_PASSWORD"),
    "reset_password": Expected(type="RESET_PASSWORD"),
    "change_password": Expected(type="UPDATE_PASSWORD"),
    "change_email": Expected(type="SEND_UPDATE_EMAIL"),
    "change_email_confirm": Expected(type="UPDATE_EMAIL", methods=_OR_BY_LINK),
    "change_username": Expected(type="UPDATE_PROFILE"),
    "recover_username": Expected(type="SEND_USERNAME"),
    "us_setup_validate": Expected(type="UPDATE_PROFILE"),
    "two_factor_setup_validate": Expected(type="UPDATE_TOTP"),
    "wan_register_response": Expected(type="UPDATE_CREDENTIAL"),
    "wan_delete": Expected(type="REMOVE_CREDENTIAL"),
    "mf_recovery_codes": Expected(type="UPDATE_RECOVERY_CODES", quiet="answered"),
    "refresh_token": Expected(type="REFRESH_TOKEN", quiet="answered"),
    "verify": Expected(type="REAUTHENTICATE", quiet="redirected"),
    "us_verify": Expected(type="REAUTHENTICATE", quiet="redirected"),
    "wan_verify_response": Expected(type="REAUTHENTICATE", quiet="redirected"),
    "oauth_verify_response": Expected(
        type="REAUTHENTICATE", methods=frozenset({"GET", "POST"}), quiet="redirected"
    ),
}


def expected(state: State, endpoint: str) -> Expected | None:
    """What a view of Flask-Security is for."""
    view = _view(state.app, endpoint)
    if view == "login" and state.app.config.get("SECURITY_PASSWORDLESS"):
        return Expected(type="SEND_LOGIN_LINK")
    return _VIEWS.get(view)


def _view(app: Flask, endpoint: str | None) -> str:
    """The name of Flask-Security's view, or none."""
    blueprint, _, view = (endpoint or "").rpartition(".")
    ours = "security" in app.extensions and blueprint == app.config["SECURITY_BLUEPRINT_NAME"]

    return view if ours else ""


# How somebody logged in, in words of ours.
_METHODS: Mapping[str, str] = {
    "authenticator": "otp",
    "email": "otp",
    "sms": "otp",
    "token": "link",
}

# Views that log in without saying how, after a first factor.
_SECOND: Mapping[str, str] = {
    "two_factor_token_validation": "otp",
    "mf_recovery": "recovery-code",
    "wan_signin_response": "webauthn",
}


def _authenticated(state: State, values: Mapping[str, Any]) -> None:
    """Flask-Security's name for what flask-login told just before."""
    found = deeds.deeds()
    login = next((deed for deed in reversed(found) if deed.type == "LOGIN"), None)
    if login is None:
        return
    found.remove(login)
    via = list(values.get("authn_via") or ())
    # Who changed the password was logged in, and is once more, so that the others are not.
    if via == ["change"]:
        return
    found.append(deeds.with_details(login, _how(state, via)))


def _how(state: State, via: list[str]) -> dict[str, Any]:
    if not via:
        second = _SECOND.get(_view(state.app, request.endpoint))
        return {"auth_method": second} if second else {}
    said = via[0]
    method = _METHODS.get(said, said)
    return {"auth_method": method, **({"factor": said} if method == "otp" else {})}


def _failed(state: State, values: Mapping[str, Any]) -> None:
    kind = str(values.get("auth_type"))
    details: dict[str, Any] = {"auth_method": _FAILED.get(kind, kind)}
    if values.get("tfa"):
        details["second_factor"] = True
    _tell(state, values, Deed(type="LOGIN", error=f"invalid_{kind}", details=details))


_FAILED: Mapping[str, str] = {"code": "otp", "passcode": "otp", "passkey": "webauthn"}


def _unauthenticated(state: State, _values: Mapping[str, Any]) -> None:
    deeds.refuse(state, "not_logged_in")


def _not_registered(state: State, values: Mapping[str, Any]) -> None:
    names = ("email", "username")
    taken = [name for name in names if values.get(f"existing_{name}")]
    error = f"existing_{taken[0]}" if taken else "refused"
    _tell(state, values, Deed(type="REGISTER", error=error))


def _code_confirmed(state: State, values: Mapping[str, Any]) -> None:
    method = str(values.get("method"))
    if session.get("tf_state") == "validating_profile":
        # The first code of a factor that is set up while logging in.
        _tell(state, values, Deed(type="UPDATE_TOTP", details={"method": method}, theirs=True))


def _code_sent(state: State, values: Mapping[str, Any]) -> None:
    method = str(values.get("method"))
    # An app that makes its codes itself is sent none.
    if method != "authenticator":
        _tell(state, values, Deed(type="SEND_OTP", details={"method": method}))


def _revoked(state: State, values: Mapping[str, Any]) -> None:
    errors = values.get("refresh_errors")
    # Without an error it is part of a logout.
    if errors is not None:
        error = str(getattr(errors, "name", errors)).lower()
        _tell(state, values, Deed(type="REFRESH_TOKEN", error=error))


def _done(name: str, state: State, values: Mapping[str, Any]) -> None:
    kind, theirs, kept = _DEEDS[name]
    details = {key: values[key] for key in kept if values.get(key) is not None}
    _tell(state, values, Deed(type=kind, theirs=theirs, details=details))


def _tell(state: State, values: Mapping[str, Any], deed: Deed) -> None:
    def read(user: Any) -> Actor:
        return logins.actor_of(user, state.settings.capture.username)

    deeds.tell(state, deeds.to(deed, values.get("user"), read))


Heard = Callable[[State, Mapping[str, Any]], None]


def _receive(heard: Heard, app: Flask, **values: Any) -> None:
    if EXTENSION not in app.extensions:
        return
    state = of(app)
    with harmless(state):
        heard(state, values)


_HEARD: Mapping[str, Heard] = {
    **{name: partial(_done, name) for name in _DEEDS},
    "user_authenticated": _authenticated,
    "user_failed_authn": _failed,
    "user_unauthenticated": _unauthenticated,
    "user_not_registered": _not_registered,
    "tf_code_confirmed": _code_confirmed,
    "tf_security_token_sent": _code_sent,
    "us_security_token_sent": _code_sent,
    "refresh_tracker_revoked": _revoked,
}

# The signals hold these weakly.
_RECEIVERS = {name: partial(_receive, heard) for name, heard in _HEARD.items()}
